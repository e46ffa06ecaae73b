"""What the test cluster must have kept: every event that was answered 200 once, and topics and tables like an undisturbed pass's."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from sinks.clickhouse.rollups import refresh
from sinks.clickhouse.store import ClickHouseStore
from sinks.core.feeds import TOPICS, feeds_of
from sinks.kafka import KafkaSource, RejectedTopic
from sinks.loop import Sink
from tests.chaos.cluster_load import Ledger
from tests.chaos.cluster_rig import DATABASE, Rig
from tests.chaos.streams_compare import differences, first_of, rows_of
from tests.chaos.streams_replay import inputs_of, undisturbed
from tests.chaos.tables import Compared, compare, count_everybody
from tests.collector.broker import PARTITIONS

CALM = "calm"
CALM_S = 300.0
IDS = "SELECT event_id, count() FROM events GROUP BY event_id"


@dataclass
class Verdict:
    """What came of a run. `broken` decides; `topics` (rows, undisturbed, different) and `tables` are for the report."""

    topics: list[tuple[str, int, int, int]] = field(default_factory=list)
    tables: list[Compared] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


def broken_promises(ledger: Ledger, stored: Counter[str]) -> list[str]:
    """Return what the events in the store say against what clients were told."""
    promises = {
        "answered 200 and not stored": ledger.answered - stored.keys(),
        "stored and never sent": stored.keys() - ledger.sent,
        "in `events` more than once": {event for event, count in stored.items() if count > 1},
        "never answered 200": ledger.sent - ledger.answered,
        "answered otherwise than promised": set(ledger.wrong),
    }
    return [f"{len(ids)} {what}: {', '.join(sorted(ids)[:3])}" for what, ids in promises.items() if ids]


async def judge(rig: Rig, ledger: Ledger) -> tuple[Verdict, list, dict]:
    """Judge the store; return the verdict, and what the streams were given and wrote, to be judged when the cluster is gone."""
    verdict = Verdict()
    verdict.tables = await _compared(rig)
    verdict.broken += [f"{one.name}: {difference}" for one in verdict.tables for difference in one.differences]
    client = rig.client()
    stored = Counter(dict(await asyncio.to_thread(client.rows, IDS)))
    client.close()
    verdict.broken += broken_promises(ledger, stored)
    return verdict, await inputs_of(rig.brokers), await rows_of(rig.brokers)


async def judge_streams(verdict: Verdict, folder: Path, inputs: list, found: dict) -> None:
    """Give the same input to streams that nothing happens to, and compare all that they write, and their state."""
    wanted = await undisturbed(folder, inputs)
    for topic, rows in found.items():
        different = differences(rows, wanted[topic])
        verdict.topics.append((topic, len(rows), len(wanted[topic]), len(different)))
        verdict.broken += [f"{topic}: {one}" for one in first_of(different, rows, wanted[topic])]


async def _compared(rig: Rig) -> list[Compared]:
    """Store the same topics by one sink that nothing happens to, count days in both databases, and compare them."""
    await asyncio.to_thread(rig.prepare, CALM)
    if not await _store_calmly(rig):
        return [Compared("the undisturbed sink", 0, ("it did not come to the end",))]
    for database in (DATABASE, CALM):
        client = rig.client(database)
        await asyncio.to_thread(refresh, client, settle_s=0.0)
        await asyncio.to_thread(count_everybody, client, 0.0)
        client.close()
    client = rig.client(CALM)
    found = await asyncio.to_thread(lambda: [*compare(client, CALM, DATABASE)])
    client.close()
    return found


async def _store_calmly(rig: Rig) -> bool:
    kafka, store = rig.brokers.connection, ClickHouseStore(rig.connection(CALM))
    source, rejected = KafkaSource(kafka, TOPICS, group=CALM), RejectedTopic(kafka)
    stop = asyncio.Event()
    stop.set()
    await source.start()
    await rejected.start()
    try:
        return await Sink(source, store, rejected, feeds=feeds_of(PARTITIONS)).run(
            stop, drain_s=CALM_S, wall_ms=lambda: int(time.time() * 1000)
        )
    finally:
        await source.stop()
        await rejected.stop()
        await store.close()
