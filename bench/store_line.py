"""A throw-away Kafka and ClickHouse for the store's bench, the rows in both, and what the engine spends."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from bench.servers import Server
from bench.store_rows import LETTERS, PER_SESSION, Shop, customers, events, identities, mails, score_changes, scores, sessions
from footprint.local import clickhouse, kafka
from footprint.local.ports import free_port
from footprint.local.secrets import password_of
from schemas.connections import KafkaConnection, StoreConnection
from schemas.topics import TRACKED
from sinks.clickhouse.client import StoreClient
from sinks.clickhouse.migrations import migrate

PARTITIONS = 4
LINES_A_RECORD = 100
AT_ONCE = 200_000
ALL = set(os.sched_getaffinity(0))
INSERT = " SETTINGS async_insert = 0, max_block_size = 20000, min_insert_block_size_rows = 200000, type_json_skip_duplicated_paths = 1"


class StoreLine:
    """A broker, where one is asked for, a store with the schema, and a client of it."""

    def __init__(self, folder: Path, *, broker: bool) -> None:
        self.folder, self.secrets = folder, folder / "secrets"
        if broker:
            port = free_port()
            self.kafka = KafkaConnection(f"127.0.0.1:{port}")
            self._broker = self._server(*kafka.command(folder / "kafka", port=port), port=port)
        port = free_port()
        self._store = self._server(*clickhouse.command(folder / "clickhouse", port=port, secrets=self.secrets), port=port)
        if broker:
            asyncio.run(_until(lambda: kafka.is_ready(self.kafka.bootstrap)))
            asyncio.run(_create_topic(self.kafka))
        self.store = StoreConnection(f"http://127.0.0.1:{port}", "pipeline", password_of(self.secrets, "pipeline"), "footprint")
        self.client = StoreClient(replace(self.store, database="default"))
        _wait(self.client.reachable)
        migrate(self.store)
        self.client = StoreClient(self.store)

    def _server(self, *command: str, port: int) -> Server:
        return Server(*command, port=port, environment=dict(os.environ), log=self.folder / "log", cores=ALL)

    def engine_cpu(self) -> float:
        """Return the CPU seconds of the store's process so far, its merges included."""
        return _cpu_of(self._store.process.pid)

    def merged(self, seconds: float = 120) -> None:
        """Wait until nothing is being merged."""
        quiet = 0
        deadline = time.monotonic() + seconds
        while quiet < 5 and time.monotonic() < deadline:
            quiet = 0 if self.client.rows("SELECT count() FROM system.merges")[0][0] else quiet + 1
            time.sleep(0.2)

    def sink(self, rows: int) -> dict[str, float]:
        """Run a sink until everything is committed; see `bench.store_sink`."""
        done = subprocess.run(self._sink_command(rows), capture_output=True, check=True)
        return json.loads(done.stdout)

    def following(self) -> subprocess.Popen[bytes]:
        """Start a sink that stores what comes."""
        return subprocess.Popen(self._sink_command(0))

    def _sink_command(self, rows: int) -> list[str]:
        order = {"kafka": asdict(self.kafka), "store": asdict(self.store), "rows": rows}
        return [sys.executable, "-m", "bench.store_sink", json.dumps(order)]

    def end(self) -> None:
        """End everything."""
        for name in ("_store", "_broker"):
            if hasattr(self, name):
                getattr(self, name).end()


@contextlib.contextmanager
def store_line(kept: Path | None = None, *, broker: bool = True) -> Iterator[StoreLine]:
    """Start everything, yield it, end everything; the data is thrown away unless a folder for it is given."""
    with contextlib.nullcontext(kept) if kept else tempfile.TemporaryDirectory(prefix="footprint-bench-") as folder:
        line = StoreLine.__new__(StoreLine)
        try:
            line.__init__(Path(folder), broker=broker)  # ends what was started also when a later part does not start
            yield line
        finally:
            line.end()


def wire_lines(client: StoreClient, shop: Shop, first: int, last: int) -> list[bytes]:
    """Return events as they are on the topic: JSON without what is empty."""
    told = client.text(
        f"SELECT * FROM ({events(shop, first, last)})", "JSONEachRow", settings={"output_format_json_quote_64bit_integers": 0}
    )
    return [_packed(json.loads(line)) for line in told.splitlines()]


def _packed(value: dict[str, object]) -> bytes:
    kept = {name: one for name, one in value.items() if one not in ("", [], {}, None)}
    return json.dumps(kept | {"historical": False}, separators=(",", ":")).encode()


async def publish(connection: KafkaConnection, lines: Sequence[bytes]) -> None:
    """Write the lines, a hundred a record."""
    producer = AIOKafkaProducer(bootstrap_servers=connection.bootstrap, max_request_size=4 << 20, max_batch_size=1 << 20)
    await producer.start()
    sent = [
        await producer.send(TRACKED.name, b"\n".join(lines[at : at + LINES_A_RECORD]), partition=at // LINES_A_RECORD % PARTITIONS)
        for at in range(0, len(lines), LINES_A_RECORD)
    ]
    await asyncio.gather(*sent)
    await producer.stop()


def fill(line: StoreLine, shop: Shop) -> None:
    """Put a whole shop into the store, through the ingest tables."""
    for first in range(0, shop.events, AT_ONCE):
        last = min(shop.events, first + AT_ONCE)
        _insert(line.client, "ingest_tracked", events(shop, first, last))
        for version in (1, 2):
            _insert(line.client, "ingest_sessions", sessions(shop, first // PER_SESSION, last // PER_SESSION, version=version))
        _insert(line.client, "ingest_score_changes", score_changes(shop, first, last))
    _insert(line.client, "ingest_identities", identities(shop))
    _insert(line.client, "ingest_scores", scores(shop))
    _insert(line.client, "customers_raw", customers())


def fill_mails(line: StoreLine, shop: Shop) -> None:
    """Send every customer the shop's letters, beside its events."""
    for letter in range(LETTERS):
        _insert(line.client, "ingest_tracked", mails(shop, letter))


def _insert(client: StoreClient, table: str, select: str) -> None:
    columns = ", ".join(row[0] for row in client.rows(f"DESCRIBE ({select})"))
    client.command(f"INSERT INTO {table} ({columns}) {select}{INSERT}")


def _cpu_of(process: int) -> float:
    """Return the CPU seconds of a process so far, those of threads that have ended included."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _create_topic(connection: KafkaConnection) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=connection.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(TRACKED.name, PARTITIONS, 1), NewTopic("footprint.rejected.v1", 1, 1)])
    await admin.close()


async def _until(condition) -> None:
    deadline = time.monotonic() + 90
    while not await condition():
        if time.monotonic() > deadline:
            raise TimeoutError("the broker did not start")
        await asyncio.sleep(0.1)


def _wait(condition) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("the store did not start")
        time.sleep(0.1)
