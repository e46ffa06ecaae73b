"""`python -m bench.store_sink JSON`: one sink over a topic that is already full; prints what it spent as JSON when all is committed."""

import asyncio
import json
import sys
import time

from schemas.connections import KafkaConnection, StoreConnection
from schemas.topics import TRACKED
from sinks.buffers import keep_buffers
from sinks.clickhouse.store import ClickHouseStore
from sinks.core.feeds import FEEDS
from sinks.kafka import KafkaSource, RejectedTopic
from sinks.loop import Sink


class Counting(ClickHouseStore):
    """The store, and how often it was written to."""

    inserts = 0

    async def insert(self, table: str, rows: bytes, token: str) -> None:
        """Count and insert."""
        self.inserts += 1
        await super().insert(table, rows, token)


async def drain(kafka: KafkaConnection, connection: StoreConnection, rows: int) -> dict[str, float]:
    """Store everything; returns the CPU seconds of this process and the seconds it took, both from the first read on."""
    source, store, rejected = KafkaSource(kafka, [TRACKED.name]), Counting(connection), RejectedTopic(kafka)
    await source.start()
    await rejected.start()
    sink = Sink(source, store, rejected, feeds=FEEDS)
    while not source.assigned():
        await source.poll(0.05)
    cpu, began = time.process_time(), time.monotonic()
    asked_ms = int(time.time() * 1000)
    while sink.status(since_ms=asked_ms).lag != 0 and time.monotonic() - began < rows / 100:
        await sink.step()
    await sink.step(final=True)  # as a sink that is stopped: the next round stores nothing of this one again
    spent = {"cpu_s": time.process_time() - cpu, "took_s": time.monotonic() - began, "inserts": store.inserts}
    await source.stop()
    await rejected.stop()
    await store.close()
    return spent


async def follow(kafka: KafkaConnection, connection: StoreConnection) -> None:
    """Store what comes, until this process is ended."""
    source, store, rejected = KafkaSource(kafka, [TRACKED.name]), ClickHouseStore(connection), RejectedTopic(kafka)
    await source.start()
    await rejected.start()
    await Sink(source, store, rejected).run(asyncio.Event(), wall_ms=lambda: int(time.time() * 1000))


if __name__ == "__main__":
    keep_buffers()
    order = json.loads(sys.argv[1])
    to = KafkaConnection(**order["kafka"]), StoreConnection(**order["store"])
    if order["rows"]:
        sys.stdout.write(json.dumps(asyncio.run(drain(*to, order["rows"]))))
    else:
        asyncio.run(follow(*to))
