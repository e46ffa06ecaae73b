"""Certificates that connections depend on: when the servers' and our own run out."""

import socket
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509

from footprint.parts.connections import resolve_kafka, resolve_store
from footprint.settings import Settings
from schemas.connections import TlsFiles
from schemas.errors import Misconfigured, Retryable
from schemas.transport import distrust, tls_context

PATIENCE_S = 5.0
SOON_DAYS = 14
"""Time enough to renew a certificate by day."""

Ends = dict[str, datetime]
"""When each certificate runs out, by what it is."""


def certificates(settings: Settings) -> str:
    """Return when the first certificate runs out; raises Misconfigured when that is soon, or a server's is not believed."""
    return judged(dict(_found(settings)), time.time())


def judged(ends: Ends, now_s: float) -> str:
    """Judge the times at which certificates run out."""
    if not ends:
        return "no connection is encrypted"
    name, first = min(ends.items(), key=lambda pair: pair[1])
    left = int((first.timestamp() - now_s) // 86_400)
    if left < SOON_DAYS:
        raise Misconfigured(f"The certificate of {name} runs out on {first:%Y-%m-%d %H:%M} UTC. Renew it: docs/operations/keys.md.")
    return f"{len(ends)} looked at; the first to run out is that of {name}, on {first:%Y-%m-%d} ({left} days)"


def _found(settings: Settings) -> Iterator[tuple[str, datetime]]:
    kafka = resolve_kafka(settings)
    store = resolve_store(settings, user="pipeline") if settings.clickhouse_url else None
    if kafka.tls:
        host, _, port = kafka.bootstrap.partition(",")[0].rpartition(":")
        yield from _of(f"Kafka at {host}:{port}", host.strip("[]"), int(port), files=kafka.tls)
    if store and store.tls:
        at = urlsplit(store.url)
        yield from _of(f"ClickHouse at {at.hostname}:{at.port}", at.hostname or "", at.port or 443, files=store.tls)


def _of(name: str, host: str, port: int, *, files: TlsFiles) -> Iterator[tuple[str, datetime]]:
    yield name, _of_server(name, host, port, files=files)
    for path in filter(None, (files.ca, files.certificate)):
        yield path, min(one.not_valid_after_utc for one in x509.load_pem_x509_certificates(Path(path).read_bytes()))


def _of_server(name: str, host: str, port: int, *, files: TlsFiles) -> datetime:
    try:
        with (
            socket.create_connection((host, port), PATIENCE_S) as plain,
            tls_context(files).newest().wrap_socket(plain, server_hostname=host) as encrypted,
        ):
            shown = encrypted.getpeercert() or {}
    except OSError as error:
        raise distrust(error, files, server=name) or Retryable(
            f"{name} cannot be reached ({error}). Start it, or correct its address."
        ) from error
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(shown["notAfter"])), UTC)
