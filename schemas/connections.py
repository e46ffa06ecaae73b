"""Where the broker and the store are, as plain values that the wiring hands to every stage."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files of an encrypted connection, read anew for each connection after they change.

    `ca` signs the other side's certificate, empty: the system's authorities. `certificate` (with its chain) and `key` are
    our own, empty: we show none. `named` is the beginning of the settings that hold them, for messages.
    """

    ca: str = ""
    certificate: str = ""
    key: str = ""
    named: str = ""


@dataclass(frozen=True, slots=True)
class KafkaConnection:
    """How to reach Kafka. The files are those of `TlsFiles`."""

    bootstrap: str
    security_protocol: str = "PLAINTEXT"
    sasl_mechanism: str = ""
    sasl_username: str = ""
    sasl_password: str = field(default="", repr=False)
    ca_file: str = ""
    certificate_file: str = ""
    key_file: str = ""

    @property
    def tls(self) -> TlsFiles | None:
        """The files that encrypt, None where the connection is not encrypted."""
        if not self.security_protocol.endswith("SSL"):
            return None
        return TlsFiles(self.ca_file, self.certificate_file, self.key_file, "FOOTPRINT_KAFKA")


@dataclass(frozen=True, slots=True)
class StoreConnection:
    """How to reach ClickHouse over HTTP: `url` without user, password and path, for example `http://127.0.0.1:8123`.

    `cluster` names the shards that hold the rows, empty where one node does. The files are those of `TlsFiles`.
    """

    url: str
    user: str
    password: str = field(repr=False)
    database: str = "footprint"
    cluster: str = ""
    ca_file: str = ""
    certificate_file: str = ""
    key_file: str = ""

    @property
    def tls(self) -> TlsFiles | None:
        """The files that encrypt, None where the connection is not encrypted."""
        if not self.url.startswith("https:"):
            return None
        return TlsFiles(self.ca_file, self.certificate_file, self.key_file, "FOOTPRINT_CLICKHOUSE")
