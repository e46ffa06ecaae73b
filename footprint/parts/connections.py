"""Connections of this process, from settings, and from the running `up` of the data folder where settings are silent."""

from urllib.parse import unquote, urlsplit

from footprint.settings import Settings
from schemas.connections import KafkaConnection, StoreConnection
from schemas.errors import Misconfigured


def kafka_of(settings: Settings) -> KafkaConnection:
    """Return how to reach Kafka; the local one's address when none is set."""
    return KafkaConnection(
        bootstrap=settings.kafka_bootstrap or f"127.0.0.1:{settings.local_kafka_port}",
        security_protocol=settings.kafka_security_protocol,
        sasl_mechanism=settings.kafka_sasl_mechanism,
        sasl_username=settings.kafka_sasl_username,
        sasl_password=settings.kafka_sasl_password,
        ca_file=settings.kafka_ca_file,
    )


def store_of(url: str) -> StoreConnection:
    """Return the connection that `http(s)://user:password@host:port/database` names."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Misconfigured("FOOTPRINT_CLICKHOUSE_URL must look like http://user:password@host:8123/database.")
    port = parts.port or (8443 if parts.scheme == "https" else 8123)
    return StoreConnection(
        url=f"{parts.scheme}://{parts.hostname}:{port}",
        user=unquote(parts.username or "default"),
        password=unquote(parts.password or ""),
        database=parts.path.strip("/") or "footprint",
    )
