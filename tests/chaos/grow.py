"""Topics get more partitions between two halves of the same events: everything equals a run that had them from the beginning.

Four partitions, then six. Compared are all topics and states of the streams, and every score in the store with the last one on its topic,
which a key has reached by two partitions. That the line is at rest meanwhile is the procedure (docs/operations/cluster.md).
"""

import asyncio
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from aiokafka import AIOKafkaProducer

from bench.report import Report
from footprint.growing.run import grow
from schemas.codec import key_partition, loads, partition_of
from schemas.connections import StoreConnection
from schemas.topics import EVENTS, IDENTITIES, PREFERENCES, SCORES
from sinks.clickhouse.client import StoreClient
from sinks.clickhouse.migrations import migrate
from sinks.clickhouse.store import ClickHouseStore
from sinks.core.feeds import TOPICS, feeds_of
from sinks.kafka import KafkaSource, RejectedTopic
from sinks.loop import Sink
from tests.chaos.streams_compare import VIEWS, differences, first_of, records_of
from tests.chaos.streams_mixed import coda, mixed
from tests.chaos.streams_rig import Rig
from tests.support.servers import LocalClickHouse, running

FEW, MANY = 4, 6
EVENTS_OF_A_HALF = 6_000
AT_ONCE = 50
COMPACTED = (SCORES, IDENTITIES, PREFERENCES)
STORED = "SELECT concat(site, ':', subject, ':', score), raw_value FROM scores_raw FINAL WHERE is_deleted = 0"


@dataclass
class Verdict:
    """What came of it: of each topic its rows, those of the other run, and how many differ; and how many keys moved in what time."""

    moved: dict[str, int] = field(default_factory=dict)
    took_s: float = 0.0
    topics: list[tuple[str, int, int, int]] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


async def compared(folder: Path, store: StoreConnection, number: int) -> Verdict:
    """Run both, and compare."""
    # without visitors whom an e-mail links: that goes through two topics, and which of their events are after it would be chance when all come at once
    made = [line for _, line in islice(mixed(lands=0.0), 2 * number)]
    halves, last = (made[:number], made[number:]), [line for _, line in coda(MANY)]
    verdict = Verdict()
    found, scores = await _grown(folder / "grown", store, halves, last, verdict)
    wanted, _ = await _whole(folder / "whole", [*made, *last])
    for name, rows in found.items():
        different = differences(rows, wanted[name])
        verdict.topics.append((name, len(rows), len(wanted[name]), len(different)))
        verdict.broken += [f"{name}: {one}" for one in first_of(different, rows, wanted[name])]
    client = StoreClient(store)
    stored = dict(await asyncio.to_thread(client.rows, STORED))
    client.close()
    wrong = [key for key in stored.keys() | scores.keys() if stored.get(key) != scores.get(key)]
    verdict.topics.append(("scores in the store", len(stored), len(scores), len(wrong)))
    verdict.broken += [f"the store says {stored.get(key)} of {key}, the topic {scores.get(key)}" for key in wrong[:5]]
    return verdict


async def _grown(folder, store, halves, last, verdict):
    folder.mkdir()
    rig = Rig(folder, partitions=FEW)
    try:
        await rig.start(2)
        rig.add_worker("profiles")
        await _absorb(rig, halves[0])
        await _store(rig, store)
        began = time.monotonic()
        verdict.moved = await grow(rig.broker.connection, MANY)
        verdict.took_s = time.monotonic() - began
        rig.partitions = MANY
        rig.workers.clear()
        for part in ("streams", "streams", "profiles"):
            rig.add_worker(part)
        await rig.until_well()
        await _absorb(rig, [*halves[1], *last])
        await _store(rig, store)
        return await _rows(rig.broker)
    finally:
        rig.end()


async def _whole(folder, lines):
    folder.mkdir()
    rig = Rig(folder, partitions=MANY)
    try:
        await rig.start(2)
        rig.add_worker("profiles")
        await _absorb(rig, lines)
        return await _rows(rig.broker)
    finally:
        rig.end()


async def _absorb(rig, lines):
    """Write events as the collector does, and stop the workers when they have done everything."""
    async with AIOKafkaProducer(bootstrap_servers=rig.broker.connection.bootstrap, acks="all") as producer:
        for some in (lines[first : first + AT_ONCE] for first in range(0, len(lines), AT_ONCE)):
            placed = defaultdict(list)
            for line in some:
                event = loads(line)
                owner = event.get("visitor_id") or event["customer_id"]
                placed[partition_of(event["site"], owner, rig.partitions)].append(line)
            at = loads(some[0])["received_at"]
            for partition, found in placed.items():
                await producer.send(EVENTS.name, b"\n".join(found), partition=partition, timestamp_ms=at)
        await producer.flush()
    for part in ("streams", "profiles"):  # what the first ones hold back the others have to do
        await rig.until_well(absorbed=True)
        codes = await rig.stop_workers(part)
        assert not any(codes), f"{part} ended with {codes}"


async def _store(rig, store):
    """Store what is there, as the sink does that is asked to stop."""
    source, rejected = KafkaSource(rig.broker.connection, TOPICS), RejectedTopic(rig.broker.connection)
    rows, stop = ClickHouseStore(store), asyncio.Event()
    stop.set()
    await source.start()
    await rejected.start()
    try:
        sink = Sink(source, rows, rejected, feeds=feeds_of(rig.partitions))
        assert await sink.run(stop, drain_s=300.0, wall_ms=lambda: time.time_ns() // 1_000_000), "the sink did not come to the end"
    finally:
        await source.stop()
        await rejected.stop()
        await rows.close()


async def _rows(broker):
    """Return the rows of every topic, and the last value of every score. Of a compacted topic the records that lie at home are read."""
    found, scores = {}, {}
    for name, (topic, view) in VIEWS.items():
        records = await records_of(broker, topic, MANY)
        if topic in COMPACTED:
            records = [record for record in records if key_partition(record.key, MANY) == record.partition]
        if topic is SCORES:
            last = {record.key.decode(): record.value for record in records}
            scores = {key: loads(value)["raw_value"] for key, value in last.items() if value is not None}
        found[name] = view(records)
    return found, scores


def run() -> bool:
    """Grow once, print and record; False when a row differs."""
    with tempfile.TemporaryDirectory(prefix="footprint-grow-") as name, running(LocalClickHouse(Path(name) / "store")) as server:
        store = server.connection(database="grown")
        migrate(store)
        verdict = asyncio.run(compared(Path(name), store, EVENTS_OF_A_HALF))
    report = Report("chaos-grow", ["topic", "rows after growing", "rows of a run that never grew", "that differ"])
    for row in verdict.topics:
        report.row(*map(str, row))
    report.note(
        f"{2 * EVENTS_OF_A_HALF:,} events, {FEW} partitions for the first half and {MANY} for the second. Keys that moved: {verdict.moved}."
    )
    report.note("Broken promises: " + ("rows differ, see above" if verdict.broken else "none") + ".")
    report.finish()
    sys.stderr.writelines(f"{one}\n" for one in verdict.broken)
    return not verdict.broken
