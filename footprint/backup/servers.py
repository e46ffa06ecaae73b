"""The servers that a backup needs: those of the running line, those that the settings name, or local ones started for it."""

import asyncio
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import httpx2

from footprint.local import clickhouse, kafka
from footprint.local.installed import require_installed
from footprint.local.ports import LOOPBACK, free_port
from footprint.local.secrets import password_of
from footprint.parts.connections import resolve_kafka, resolve_store, secrets_folder
from footprint.parts.run_file import find_run
from footprint.settings import Settings
from schemas.connections import KafkaConnection, StoreConnection
from schemas.errors import Misconfigured

START_S = 180.0
STOP_S = 30.0


@dataclass(frozen=True, slots=True)
class Servers:
    """Where store and Kafka are. `kafka` None: there is none yet, so nothing in it has been read."""

    store: StoreConnection
    kafka: KafkaConnection | None


@contextmanager
def servers(settings: Settings) -> Iterator[Servers]:
    """Yield the servers. Local ones that do not run are started, and stopped afterwards."""
    running = find_run(settings.data_dir) is not None
    with ExitStack() as started:
        local_store = not (running or settings.clickhouse_url)
        store = started.enter_context(_store(settings)) if local_store else resolve_store(settings, user="pipeline")
        if running or settings.kafka_bootstrap:
            yield Servers(store, resolve_kafka(settings))
        elif (settings.data_dir / "kafka").is_dir():
            yield Servers(store, started.enter_context(_kafka(settings)))
        else:
            yield Servers(store, None)


@contextmanager
def _store(settings: Settings) -> Iterator[StoreConnection]:
    port, secrets = free_port(), secrets_folder(settings.data_dir)
    connection = StoreConnection(f"http://{LOOPBACK}:{port}", "pipeline", password_of(secrets, "pipeline"))
    with _process(clickhouse.command(settings.data_dir / "clickhouse", port=port, secrets=secrets), lambda: _answers(connection.url)):
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
    with _process(kafka.command(settings.data_dir / "kafka", port=port), lambda: asyncio.run(kafka.is_ready(connection.bootstrap))):
        yield connection


@contextmanager
def _process(command: list[str], ready: Callable[[], bool]) -> Iterator[None]:
    require_installed()
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        _wait(server, ready)
        yield
    finally:
        server.terminate()
        try:
            server.communicate(timeout=STOP_S)
        except subprocess.TimeoutExpired:
            server.kill()
            server.communicate()


def _wait(server: "subprocess.Popen[bytes]", ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_S
    while not ready():
        if server.poll() is not None or time.monotonic() > deadline:
            said = server.stderr.read().decode("utf-8", "replace").strip() if server.stderr and server.poll() is not None else ""
            raise Misconfigured(said.rpartition("footprint: ")[2] or f"A local server did not answer within {START_S:.0f} s. Try again.")
        time.sleep(0.1)
