"""Encrypted connections: how the other side is verified, and the options that every Kafka client takes.

Here, below all stages, because each of them connects and none may know another; drivers are named nowhere.
"""

import ssl
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

from schemas.connections import KafkaConnection, TlsFiles
from schemas.errors import Misconfigured, Retryable

OUT_OF_TIME = frozenset({9, 10})
"""OpenSSL's X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED."""
NOT_TAKEN = frozenset(
    {
        "SSLV3_ALERT_BAD_CERTIFICATE",
        "SSLV3_ALERT_CERTIFICATE_EXPIRED",
        "SSLV3_ALERT_CERTIFICATE_UNKNOWN",
        "SSLV3_ALERT_HANDSHAKE_FAILURE",
        "TLSV13_ALERT_CERTIFICATE_REQUIRED",
        "TLSV1_ALERT_UNKNOWN_CA",
    }
)
"""What OpenSSL calls a server's refusal of what a client shows, or does not."""
NOT_TLS = frozenset({"HTTP_REQUEST", "RECORD_LAYER_FAILURE", "WRONG_VERSION_NUMBER"})

Seen = tuple[tuple[int, int, int], ...]
"""What tells one state of the files from another."""


class FilesContext(ssl.SSLContext):
    """A client's TLS context over files. A connection that begins after they changed goes by what they hold then.

    The other side is always verified: its chain and its name. While changed files cannot be used (half written, a key that
    does not fit), the last good ones stay, and the next connection looks again.
    """

    _files: TlsFiles
    _seen: Seen
    _inner: ssl.SSLContext

    def __new__(cls, files: TlsFiles) -> Self:
        """Read the files; raises Misconfigured where they cannot be used."""
        self = super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT)
        self._files = files
        self._seen = _seen(files)
        self._inner = _read(files)
        return self

    def wrap_bio(self, *arguments: Any, **named: Any) -> ssl.SSLObject:
        """Begin a connection of an event loop."""
        return self.newest().wrap_bio(*arguments, **named)

    def wrap_socket(self, *arguments: Any, **named: Any) -> ssl.SSLSocket:
        """Begin a connection of a socket."""
        return self.newest().wrap_socket(*arguments, **named)

    def newest(self) -> ssl.SSLContext:
        """Return the context of what the files hold now."""
        try:
            seen = _seen(self._files)
            if seen != self._seen:
                self._inner, self._seen = _read(self._files), seen
        except Misconfigured:
            return self._inner
        return self._inner


@lru_cache(maxsize=16)
def tls_context(files: TlsFiles) -> FilesContext:
    """Return the context of these files, the same one each time. Raises Misconfigured where they cannot be used."""
    return FilesContext(files)


def client_options(connection: KafkaConnection) -> dict[str, Any]:
    """Return the options that every aiokafka client takes."""
    options: dict[str, Any] = {"bootstrap_servers": connection.bootstrap, "security_protocol": connection.security_protocol}
    if files := connection.tls:
        options["ssl_context"] = tls_context(files)
    if connection.security_protocol.startswith("SASL"):
        options |= {
            "sasl_mechanism": connection.sasl_mechanism,
            "sasl_plain_username": connection.sasl_username,
            "sasl_plain_password": connection.sasl_password,
        }
    return options


def _seen(files: TlsFiles) -> Seen:
    try:
        found = [Path(name).stat() for name in (files.ca, files.certificate, files.key) if name]
    except OSError as error:
        raise Misconfigured(f"Cannot read {error.filename}: {error.strerror}. {_correct(files)}") from error
    return tuple((one.st_ino, one.st_mtime_ns, one.st_size) for one in found)


def _read(files: TlsFiles) -> ssl.SSLContext:
    if bool(files.certificate) != bool(files.key):
        raise Misconfigured(f"A certificate needs its key, and a key its certificate. {_correct(files)}")
    try:
        context = ssl.create_default_context(cafile=files.ca or None)
    except (OSError, ValueError) as error:  # what holds no certificate is one, or the other, by version of the library
        raise Misconfigured(f"{files.ca} holds no certificates of an authority (PEM). {_correct(files)}") from error
    if files.certificate:
        _show(context, files)
    return context


def _show(context: ssl.SSLContext, files: TlsFiles) -> None:
    try:
        context.load_cert_chain(files.certificate, files.key, password=_no_password)
    except (OSError, ValueError) as error:
        raise Misconfigured(
            f"{files.certificate} and {files.key} are not a certificate (PEM) and its key, without a password. {_correct(files)}"
        ) from error


def _no_password() -> str:
    """Answer for OpenSSL, which would ask on the terminal otherwise: there is none."""
    return ""


def _correct(files: TlsFiles) -> str:
    return f"Correct {files.named}_CA_FILE, {files.named}_CERTIFICATE_FILE and {files.named}_KEY_FILE."


def distrust(error: BaseException, files: TlsFiles, *, server: str) -> Misconfigured | Retryable | None:
    """Return what to say of a connection that TLS refused, None where something else failed.

    A certificate that is out of its time is the server's to renew: Retryable. The rest is what we were told: Misconfigured.
    """
    found = next((one for one in _causes(error) if isinstance(one, ssl.SSLError)), None)
    if isinstance(found, ssl.SSLCertVerificationError):
        if found.verify_code in OUT_OF_TIME:
            return Retryable(f"The certificate of {server} is out of its time ({found.verify_message}). Renew it there, or set the clocks.")
        return Misconfigured(
            f"The certificate of {server} is not believed ({found.verify_message}). Let {files.named}_CA_FILE hold its authority's "
            "certificate, and the address be the one that it was made for."
        )
    if found is not None and found.reason in NOT_TAKEN:
        return Misconfigured(f"{server} does not take our certificate ({found.reason}). {_correct(files)}")
    if found is not None and found.reason in NOT_TLS:
        return Misconfigured(f"{server} does not speak TLS ({found.reason}). Correct its port, or the protocol in the settings.")
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what it came from: as Python notes it, and as HTTP libraries carry it."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            yield one
            waiting += [getattr(one, "reason", None), *one.args, one.__cause__, one.__context__]
