"""The sink on a real Kafka and the real engine: whatever dies, every row is stored once."""

import asyncio
import json
import random
import signal
import subprocess
import sys
import time
import uuid
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from schemas.codec import dumps, join_lines
from sinks.clickhouse.client import StoreClient
from sinks.clickhouse.migrations import migrate
from sinks.clickhouse.store import ClickHouseStore
from sinks.core.planning import Limits
from sinks.kafka import KafkaSource, RejectedTopic
from sinks.loop import Sink
from tests.sinks.rows import event, score, session
from tests.sinks.sink_process import feeds_of
from tests.support.servers import LocalClickHouse, running
from tests.support.waiting import eventually

pytestmark = [pytest.mark.kafka, pytest.mark.store]

PROCESS = Path(__file__).with_name("sink_process.py")
ROOT = Path(__file__).parents[2]
TABLES = ("ingest_tracked", "ingest_sessions", "ingest_scores", "ingest_rejected")
TALLY = """
CREATE TABLE tally (event_id String) ENGINE = MergeTree ORDER BY event_id SETTINGS non_replicated_deduplication_window = 1000;
CREATE MATERIALIZED VIEW tally_view TO tally AS SELECT event_id FROM ingest_tracked
"""
"""A table that no merge ever collapses: it shows whether a row came twice."""


def tallied(client):
    for statement in TALLY.split(";"):
        client.command(statement)


@pytest.fixture
async def prefix(kafka):
    """Topics of this test's own, with two partitions each."""
    name = f"t{uuid.uuid4().hex[:8]}"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(feed.topic.name, 2, 1) for feed in feeds_of(name)])
    await admin.close()
    return name


@asynccontextmanager
async def producing(kafka, prefix):
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, transactional_id=prefix)
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


@asynccontextmanager
async def sinking(kafka, prefix, connection, tables=TABLES, **limits):
    """A running sink in this process; on leaving it has drained."""
    feeds = [feed for feed in feeds_of(prefix) if feed.table in tables]
    source = KafkaSource(kafka, [feed.topic.name for feed in feeds], group=prefix, session_ms=1_000)
    rejected, store = RejectedTopic(kafka, topic=f"{prefix}.footprint.rejected.v1"), ClickHouseStore(connection)
    await source.start()
    await rejected.start()
    sink, stop = Sink(source, store, rejected, feeds=feeds, limits=Limits(**limits)), asyncio.Event()
    task = asyncio.create_task(sink.run(stop, wall_ms=lambda: int(time.time() * 1000)))
    try:
        yield sink
        stop.set()
        assert await task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await source.stop()
        await rejected.stop()
        await store.close()


async def settled(sink):
    deadline, now_ms = time.monotonic() + 30, int(time.time() * 1000)
    while sink.status(since_ms=now_ms).lag != 0:
        assert time.monotonic() < deadline, sink.status()
        await asyncio.sleep(0.05)


def sent(row):
    """A row as it is on the topic: the sink adds its place."""
    return dumps({name: value for name, value in row.items() if name not in ("kafka_partition", "kafka_offset")})


def tracked(prefix):
    return f"{prefix}.footprint.tracked.v1"


async def test_lag_is_zero_once_everything_is_stored_though_transactions_end_in_markers(kafka, prefix, migrated, client):
    async with sinking(kafka, prefix, migrated) as sink, producing(kafka, prefix) as producer:
        for batch in range(3):
            async with producer.transaction():
                await producer.send(tracked(prefix), join_lines(dumps(event(f"e{batch}-{n}")) for n in range(5)), partition=batch % 2)
        await settled(sink)
        assert client.rows("SELECT count() FROM events") == [(15,)]
        async with producer.transaction():
            await producer.send(tracked(prefix), dumps(event("last")), partition=0)
        await settled(sink)
        assert client.rows("SELECT count() FROM events") == [(16,)]


async def test_what_a_transaction_took_back_is_never_stored(kafka, prefix, migrated, client):
    async with sinking(kafka, prefix, migrated) as sink, producing(kafka, prefix) as producer:
        await producer.begin_transaction()
        await (await producer.send(tracked(prefix), dumps(event("taken back")), partition=0))
        await producer.abort_transaction()
        async with producer.transaction():
            await producer.send(tracked(prefix), dumps(event("kept")), partition=0)
        await settled(sink)
    assert client.rows("SELECT event_id FROM events") == [("kept",)]


async def test_stopping_stores_everything_that_was_committed_before(kafka, prefix, migrated, client):
    async with producing(kafka, prefix) as producer:
        async with producer.transaction():
            for n in range(300):
                await producer.send(tracked(prefix), dumps(event(f"e{n}")), partition=n % 2)
        async with sinking(kafka, prefix, migrated, gather_s=5.0):
            pass
    assert client.rows("SELECT count() FROM events") == [(300,)]


async def test_a_row_at_fault_is_told_as_rejected_and_its_neighbours_are_stored(kafka, prefix, migrated, client):
    bad = {7: b'{"event_id":"bad","site":"demo","props":5}', 8: b"no json", 55: b'{"event_id":"bad too","site":"demo","value":"x"}'}
    lines = [bad.get(n, dumps(event(f"e{n}"))) for n in range(100)]
    async with sinking(kafka, prefix, migrated) as sink, producing(kafka, prefix) as producer:
        async with producer.transaction():
            for start in range(0, 100, 20):
                await producer.send(tracked(prefix), join_lines(lines[start : start + 20]), partition=0)
        eventually_rejected = "SELECT event_id, original FROM rejected WHERE stage = 'sink' AND reason = 'unstorable' ORDER BY event_id"
        deadline = time.monotonic() + 30
        while len(client.rows(eventually_rejected)) < 3:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.1)
        await settled(sink)
    assert [row[0] for row in client.rows(eventually_rejected)] == ["", "bad", "bad too"]
    assert client.rows("SELECT count(), uniqExact(event_id) FROM events") == [(97, 97)]


async def test_a_tombstone_deletes_the_score_of_its_key(kafka, prefix, migrated, client):
    topic = f"{prefix}.footprint.scores.v1"
    async with sinking(kafka, prefix, migrated) as sink, producing(kafka, prefix) as producer:
        async with producer.transaction():
            for subject in ("v:a:b", "v:c"):
                await producer.send(topic, sent(score(subject, 5.0)), key=f"demo:{subject}:engagement".encode(), partition=0)
            await producer.send(topic, None, key=b"demo:v:a:b:engagement", partition=0)
        await settled(sink)
    assert client.rows("SELECT subject FROM scores") == [("v:c",)]


async def test_two_sinks_share_the_partitions_and_a_handover_loses_and_doubles_nothing(kafka, prefix, migrated, client):
    tallied(client)
    async with producing(kafka, prefix) as producer, sinking(kafka, prefix, migrated, ("ingest_tracked",), rows=20, gather_s=0.02) as first:
        for round_ in range(3):
            async with producer.transaction():
                for n in range(200):
                    await producer.send(tracked(prefix), dumps(event(f"e{round_}-{n}")), partition=n % 2)
            async with sinking(kafka, prefix, migrated, ("ingest_tracked",), rows=20, gather_s=0.02) as second:
                deadline = time.monotonic() + 30
                while not (first.status().assigned == second.status().assigned == 1):
                    assert time.monotonic() < deadline
                    await asyncio.sleep(0.02)
                await settled(second)
        await settled(first)
    assert client.rows("SELECT count(), uniqExact(event_id) FROM tally") == [(600, 600)]


@pytest.mark.timeout(300)
async def test_tables_are_exact_after_the_sink_and_the_store_were_killed_again_and_again(kafka, prefix, tmp_path):
    chance = random.Random(7)
    with running(LocalClickHouse(tmp_path / "store")) as server:
        connection = replace(server.connection(), database="footprint")
        await asyncio.to_thread(migrate, connection)
        client = StoreClient(connection)
        tallied(client)
        order = {"kafka": asdict(kafka), "store": asdict(connection), "prefix": prefix, "tables": TABLES, "rows": 25}
        async with producing(kafka, prefix) as producer:
            feeding = asyncio.create_task(_feed(producer, prefix, chance))
            for number in range(2):
                process = _start(order)
                await asyncio.sleep(chance.uniform(1.2, 2.5))  # not waiting for anything: the moment of death is the input
                if number % 2:
                    server.kill()
                    await asyncio.to_thread(server.start)
                assert process.poll() is None, process.stderr.read()
                process.kill()
                process.communicate()
            rows = await feeding
        process = _start(order)
        wanted = {event_id for event_id, good in rows.items() if good}
        await asyncio.to_thread(eventually, lambda: client.rows("SELECT uniqExact(event_id) FROM tally") == [(len(wanted),)], 60)
        process.send_signal(signal.SIGTERM)
        _, said = await asyncio.to_thread(process.communicate, None, 30)
        assert process.returncode == 0, said.decode()
        assert client.rows("SELECT count(), uniqExact(event_id) FROM tally") == [(len(wanted), len(wanted))]
        assert {row[0] for row in client.rows("SELECT event_id FROM events")} == wanted
        assert client.rows("SELECT count(), sum(version) FROM sessions_raw") == [(len(rows), len(rows))]
        assert client.rows("SELECT count(), max(value) FROM scores") == [(20, 1.0)]
        assert client.rows("SELECT count() FROM rejected WHERE stage = 'sink'") == [(len(rows) - len(wanted),)]
        client.close()


async def _feed(producer, prefix, chance):
    """Write transactions for some seconds; returns event id -> whether its row is good. Now and then a transaction is taken back."""
    kept, end, number = {}, time.monotonic() + 5, 0
    while time.monotonic() < end:
        keep, rows = chance.random() > 0.1, {}
        await producer.begin_transaction()
        for _ in range(chance.randint(1, 60)):
            number += 1
            good, partition, event_id = chance.random() > 0.002, number % 2, f"e{number}"
            line = (
                dumps(event(event_id, event_time=1_700_000_000_000 + number * 86_400_000))
                if good
                else dumps({"site": "demo", "event_id": event_id, "props": 1})
            )
            await producer.send(tracked(prefix), line, partition=partition)
            await producer.send(f"{prefix}.footprint.sessions.v1", sent(session(event_id)), partition=partition)
            await producer.send(
                f"{prefix}.footprint.scores.v1", sent(score(f"v:{number % 20}", 1.0, half_life_s=0.0)), key=b"k", partition=0
            )
            rows[event_id] = good
        await (producer.commit_transaction() if keep else producer.abort_transaction())
        kept |= rows if keep else {}
        await asyncio.sleep(chance.uniform(0.01, 0.1))
    return kept


def _start(order):
    command = [sys.executable, str(PROCESS), json.dumps(order)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env={"PYTHONPATH": str(ROOT)})


async def test_a_plan_that_was_committed_is_stored_exactly_as_planned(kafka, prefix, migrated, client):
    """As after a crash between the insert and its acknowledgement: the same rows come under the same token."""
    tallied(client)
    async with producing(kafka, prefix) as producer:
        async with producer.transaction():
            for n in range(10):
                await producer.send(tracked(prefix), dumps(event(f"e{n}")), partition=0)
        feeds = [feed for feed in feeds_of(prefix) if feed.table == "ingest_tracked"]
        first = KafkaSource(kafka, [feeds[0].topic.name], group=prefix, session_ms=1_000)
        await first.start()
        store = ClickHouseStore(migrated)
        dying = Sink(first, store, RejectedTopic(kafka), feeds=feeds, limits=Limits(rows=4, gather_s=0.0))
        deadline = time.monotonic() + 30
        while client.rows("SELECT count() FROM tally")[0][0] < 8:  # two batches of four: the second is not acknowledged
            assert time.monotonic() < deadline
            await dying.step()
        await first.stop()
        async with sinking(kafka, prefix, migrated, ("ingest_tracked",), rows=1000) as sink:
            await settled(sink)
        await store.close()
    assert client.rows("SELECT count(), uniqExact(event_id) FROM tally") == [(10, 10)]


async def test_while_the_store_is_away_the_lag_shows_and_afterwards_everything_is_stored(kafka, prefix, tmp_path):
    with running(LocalClickHouse(tmp_path / "store")) as server:
        connection = replace(server.connection(), database="footprint")
        await asyncio.to_thread(migrate, connection)
        async with producing(kafka, prefix) as producer, sinking(kafka, prefix, connection, ("ingest_tracked",)) as sink:
            await settled(sink)
            await asyncio.to_thread(server.kill)
            async with producer.transaction():
                for n in range(30):
                    await producer.send(tracked(prefix), dumps(event(f"e{n}")), partition=n % 2)
            deadline = time.monotonic() + 30
            while not (sink.status().waiting_for and sink.status().lag):
                assert time.monotonic() < deadline
                await asyncio.sleep(0.05)
            await asyncio.to_thread(server.start)
            await settled(sink)
            assert sink.status().waiting_for == ""
        client = StoreClient(connection)
        assert client.rows("SELECT count() FROM events") == [(30,)]
        client.close()
