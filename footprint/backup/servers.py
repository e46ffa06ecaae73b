"""The servers that a backup needs: those of the running line, those that the settings name, or local ones started for it."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import httpx2

from footprint.local import clickhouse, kafka
from footprint.local.ports import LOOPBACK, free_port
from footprint.local.running import running
from footprint.local.secrets import password_of
from footprint.parts.connections import resolve_kafka, resolve_store, secrets_folder
from footprint.parts.run_file import find_run
from footprint.settings import Settings
from schemas.connections import KafkaConnection, StoreConnection


@dataclass(frozen=True, slots=True)
class Servers:
    """Where store and Kafka are. `kafka` None: there is none yet, so nothing in it has been read."""

    store: StoreConnection
    kafka: KafkaConnection | None


@contextmanager
def servers(settings: Settings) -> Iterator[Servers]:
    """Yield the servers. Local ones that do not run are started, and stopped afterwards."""
    up = find_run(settings.data_dir) is not None
    with ExitStack() as started:
        local_store = not (up or settings.clickhouse_url)
        store = started.enter_context(_store(settings)) if local_store else resolve_store(settings, user="pipeline")
        if up or settings.kafka_bootstrap:
            yield Servers(store, resolve_kafka(settings))
        elif (settings.data_dir / "kafka").is_dir():
            yield Servers(store, started.enter_context(_kafka(settings)))
        else:
            yield Servers(store, None)


@contextmanager
def _store(settings: Settings) -> Iterator[StoreConnection]:
    port, secrets = free_port(), secrets_folder(settings.data_dir)
    connection = StoreConnection(f"http://{LOOPBACK}:{port}", "pipeline", password_of(secrets, "pipeline"))
    with running(clickhouse.command(settings.data_dir / "clickhouse", port=port, secrets=secrets), lambda: _answers(connection.url)):
        yield connection


def _answers(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/ping", timeout=2).status_code == 200
    except httpx2.HTTPError:
        return False


@contextmanager
def _kafka(settings: Settings) -> Iterator[KafkaConnection]:
    port = free_port()
    connection = KafkaConnection(f"{LOOPBACK}:{port}")
    with running(kafka.command(settings.data_dir / "kafka", port=port), lambda: asyncio.run(kafka.is_ready(connection.bootstrap))):
        yield connection
