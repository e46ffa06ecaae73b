"""The sink under load while it and the store are killed: every table, rollup and view equals an undisturbed run's, and nothing came twice."""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from contextlib import suppress
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from bench.report import Report
from footprint.supervisor.spawn import die_with
from schemas.connections import KafkaConnection, StoreConnection
from schemas.errors import Retryable
from sinks.clickhouse.client import StoreClient
from sinks.clickhouse.migrations import migrate
from sinks.clickhouse.rollups import refresh
from sinks.core.feeds import FEEDS
from tests.chaos.flood import PARTITIONS, Flood
from tests.chaos.tables import Compared, compare, count_everybody
from tests.sinks.sink_process import feeds_of
from tests.support.servers import LocalClickHouse, LocalKafka, running
from tests.support.waiting import eventually

ROOT = Path(__file__).parents[2]
SINK_KILLS, STORE_KILLS = 14, 7
TALLIES = {"tracked": "event_id", "sessions": "kafka_partition, kafka_offset", "score_changes": "kafka_partition, kafka_offset"}
"""Tables that no merge collapses: they show whether a row came twice."""
PATIENCE_S = 420


class Run:
    """One sink after another over the same topics and one database."""

    def __init__(self, kafka: KafkaConnection, store: StoreConnection, prefix: str, *, rows: int) -> None:
        self.store = store
        order = {
            "kafka": asdict(kafka),
            "store": asdict(store),
            "prefix": prefix,
            "group": f"{prefix}-{store.database}",
            "rows": rows,
            "session_ms": 4_000,
        }
        self._order = order | {"tables": [feed.table for feed in FEEDS]}
        self._process: subprocess.Popen[bytes] | None = None

    def prepare(self) -> None:
        """Make the schema, and the tallies."""
        migrate(self.store)
        client = StoreClient(self.store)
        for table, columns in TALLIES.items():
            what = f"toString(tuple({columns}))"
            client.command(
                f"CREATE TABLE tally_{table} (id String) ENGINE = MergeTree ORDER BY id SETTINGS non_replicated_deduplication_window = 1000"
            )
            client.command(f"CREATE MATERIALIZED VIEW tally_{table}_view TO tally_{table} AS SELECT {what} AS id FROM ingest_{table}")
        client.close()

    def start(self) -> None:
        """Start a sink."""
        command = [sys.executable, str(ROOT / "tests" / "sinks" / "sink_process.py"), json.dumps(self._order)]
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={"PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
            preexec_fn=partial(die_with, os.getpid()),  # noqa: PLW1509 - one system call
        )

    def kill(self) -> None:
        """kill -9; a sink that has ended by itself is a broken promise."""
        assert self._process is not None
        assert self._process.poll() is None, f"the sink ended by itself with {self._process.returncode}"
        self._process.kill()
        self._process.wait()

    def drain(self) -> bool:
        """Ask the sink to stop; True when it had stored everything."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(60) == 0


async def torment(folder: Path, report: Report) -> list[Compared]:
    """Flood, kill, drain; then store the same topics without any kill, and compare."""
    prefix, chance = f"c{uuid.uuid4().hex[:8]}", random.Random(11)
    with running(LocalKafka(folder / "kafka")) as broker, running(LocalClickHouse(folder / "store")) as server:
        await _make_topics(broker.connection, prefix)
        runs = [
            Run(broker.connection, replace(server.connection(), database=name), prefix, rows=rows)
            for name, rows in (("tormented", 200), ("calm", 5000))
        ]
        for run in runs:
            await asyncio.to_thread(run.prepare)
        flood, stop = Flood(chance), asyncio.Event()
        producer = AIOKafkaProducer(bootstrap_servers=broker.connection.bootstrap, transactional_id=prefix)
        await producer.start()
        flooding = asyncio.create_task(flood.run(producer, prefix, stop))
        await _kill(runs[0], server, chance)
        stop.set()
        await flooding
        await producer.stop()
        for run in runs:
            run.start()
        client = StoreClient(runs[1].store)
        await asyncio.to_thread(_wait_until_equal_in_number, client, flood.kept)
        drained = [await asyncio.to_thread(run.drain) for run in runs]
        report.note(f"Written: {flood.kept}. Sinks drained: {drained}.")
        for run in runs:
            await asyncio.to_thread(_count_days, run.store, 0.0)
        found = await asyncio.to_thread(lambda: [*_twice(client), *compare(client, "calm", "tormented")])
        client.close()
    return found


async def _kill(run: Run, server: LocalClickHouse, chance: random.Random) -> None:
    for number in range(SINK_KILLS):
        stored = await asyncio.to_thread(_stored, run.store)
        run.start()
        counting = asyncio.create_task(asyncio.to_thread(_count_days, run.store, 5.0))
        await asyncio.to_thread(eventually, lambda before=stored: _stored(run.store) > before, 60)  # it is at work
        await asyncio.sleep(chance.uniform(0.0, 1.0))  # the moment of death is the input
        if number % 2 and number // 2 < STORE_KILLS:
            server.kill()
            await asyncio.to_thread(server.start)
            await asyncio.sleep(chance.uniform(0.0, 1.0))
        run.kill()
        await counting


def _stored(store: StoreConnection) -> int:
    client = StoreClient(store)
    count = int(client.rows("SELECT count() FROM tally_tracked")[0][0])
    client.close()
    return count


def _count_days(store: StoreConnection, settle_s: float) -> None:
    """Count days while events come and the store dies; what it does not get done stays to be counted."""
    client = StoreClient(store)
    with suppress(Retryable):
        refresh(client, settle_s=settle_s)
        count_everybody(client, settle_s)
    client.close()


def _wait_until_equal_in_number(client: StoreClient, kept: dict[str, int]) -> None:
    """Wait until both have every event, and the rejected records that both have written about rows at fault."""
    deadline, sql = time.monotonic() + PATIENCE_S, "SELECT count() FROM {}.tally_tracked"
    while any(client.rows(sql.format(name))[0][0] < kept["events"] for name in ("calm", "tormented")):
        assert time.monotonic() < deadline, [client.rows(sql.format(name)) for name in ("calm", "tormented")]
        time.sleep(0.5)


def _twice(client: StoreClient) -> list[Compared]:
    found = []
    for table in TALLIES:
        if table == "tracked":
            continue  # events may come twice by themselves; both runs are compared
        rows = client.rows(f"SELECT id, count() FROM tormented.tally_{table} GROUP BY id HAVING count() > 1 LIMIT 5")
        found.append(Compared(f"twice in tally_{table}", 0, tuple(f"twice {row}" for row in rows)))
    return found


async def _make_topics(kafka: KafkaConnection, prefix: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(feed.topic.name, PARTITIONS, 1) for feed in feeds_of(prefix)])
    await admin.close()


def run() -> bool:
    """Kill, compare, print and record; False when a row differs."""
    report = Report("chaos-sinks", ["table or view", "rows of the undisturbed run", "differences"])
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(torment(Path(folder), report))
    for one in found:
        report.row(one.name, f"{one.rows:,}", str(len(one.differences)))
        for difference in one.differences:
            report.note(f"{one.name}: {difference}")
    report.note(f"kill -9 of the sink: {SINK_KILLS}, of the store: {STORE_KILLS}, under load.")
    report.finish()
    return not any(one.differences for one in found) and any(one.rows for one in found)
