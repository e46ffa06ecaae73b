"""A sink as a process of its own, on topics of a test: `python sink_process.py JSON`. SIGTERM drains it."""

import asyncio
import json
import signal
import sys
import time
from dataclasses import replace

from schemas.connections import KafkaConnection, StoreConnection
from sinks.clickhouse.store import ClickHouseStore
from sinks.core.feeds import FEEDS
from sinks.core.planning import Limits
from sinks.kafka import KafkaSource, RejectedTopic
from sinks.loop import Sink


def feeds_of(prefix):
    """The feeds, on topics that no other test uses."""
    return [replace(feed, topic=replace(feed.topic, name=f"{prefix}.{feed.topic.name}")) for feed in FEEDS]


async def main(order):
    kafka, store = KafkaConnection(**order["kafka"]), ClickHouseStore(StoreConnection(**order["store"]))
    feeds = [feed for feed in feeds_of(order["prefix"]) if feed.table in order["tables"]]
    source = KafkaSource(
        kafka, [feed.topic.name for feed in feeds], group=order.get("group", order["prefix"]), session_ms=order.get("session_ms", 1_000)
    )
    rejected = RejectedTopic(kafka, topic=f"{order['prefix']}.footprint.rejected.v1")
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await source.start()
    await rejected.start()
    sink = Sink(source, store, rejected, feeds=feeds, limits=Limits(rows=order["rows"], gather_s=0.02))
    drained = await sink.run(stop, wall_ms=lambda: int(time.time() * 1000))
    await source.stop()
    await rejected.stop()
    await store.close()
    return 0 if drained else 3


if __name__ == "__main__":
    sys.exit(asyncio.run(main(json.loads(sys.argv[1]))))
