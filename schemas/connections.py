"""Where the broker and the store are, as plain values that the wiring hands to every stage."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class KafkaConnection:
    """How to reach Kafka. `ca_file` is a PEM file, empty for the system's certificates."""

    bootstrap: str
    security_protocol: str = "PLAINTEXT"
    sasl_mechanism: str = ""
    sasl_username: str = ""
    sasl_password: str = field(default="", repr=False)
    ca_file: str = ""


@dataclass(frozen=True, slots=True)
class StoreConnection:
    """How to reach ClickHouse over HTTP: `url` without user, password and path, for example `http://127.0.0.1:8123`.

    `cluster` names the shards that hold the rows, empty where one node does.
    """

    url: str
    user: str
    password: str = field(repr=False)
    database: str = "footprint"
    cluster: str = ""
