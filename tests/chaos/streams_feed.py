"""Writes to the topics of a chaos run: events at a rate, and what nobody should ever write."""

import asyncio
import time
from collections import defaultdict
from contextlib import asynccontextmanager, suppress

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from schemas.codec import dumps, partition_of
from schemas.topics import EVENTS, TRACKED, VISITORS_STATE
from streams.core.layout import write
from tests.chaos.streams_mixed import SITES, accepted, coda, mixed
from tests.collector.broker import PARTITIONS

EVERY_S = 0.2
GIANT = "giant-"
GHOST = "ghost\0"
"""Keys of a site that nobody visits: their state only makes the changelog larger, and in the end there is none of it."""

POISON = (b"\xff{not json", b"[1]", b'{"event_id":"half', b"\n\n", b"\0" * 1_000, b"[" * 50_000, b"{}\n" * 5_000)


class Feeder:
    """Writes events as the collector does. What a failed write left on the topic is written again: that is what duplicates are."""

    def __init__(self, bootstrap, rate):
        self.sent = 0
        self._bootstrap, self._rate = bootstrap, rate
        self._events = mixed()
        self._stopped = asyncio.Event()

    async def run(self):
        """Feed until `stop`, and catch up with the rate when the broker was away."""
        began = time.monotonic()
        while not self._stopped.is_set():
            due = int((time.monotonic() - began) * self._rate) - self.sent
            if due > 0:
                await self.feed(min(due, 500))
            await asyncio.sleep(EVERY_S)

    def stop(self):
        self._stopped.set()

    async def finish(self, total):
        """Feed what is missing to a total, and the last events."""
        while self.sent < total:
            await self.feed(min(500, total - self.sent))
        await self._send(coda())

    async def feed(self, number):
        """Feed so many events."""
        await self._send([next(self._events) for _ in range(number)])

    async def feed_poison(self):
        """Write what no agent can read on both source topics."""
        for topic in (EVENTS, TRACKED):
            await self._write(topic, [(partition, None, one) for partition in range(PARTITIONS) for one in POISON])

    async def feed_giant(self, number, events):
        """Write so many events of one visitor that its state grows out of all proportion."""
        visitor = f"{GIANT}{number}"
        for first in range(0, events, 200):
            await self._send([_delta(visitor, at) for at in range(first, min(first + 200, events))])

    async def grow_changelog(self, records, keys=400):
        """Write state of nobody, over and over again, and take it back."""
        for partition in range(PARTITIONS):
            written = [(partition, f"{GHOST}{at % keys}".encode(), write({"at": at, "filler": "x" * 4_000})) for at in range(records)]
            await self._write(VISITORS_STATE, written + [(partition, f"{GHOST}{at}".encode(), None) for at in range(keys)])

    async def _send(self, placed):
        """Write events as NDJSON records, by partition."""
        lines = defaultdict(list)
        for partition, line in placed:
            lines[partition].append(line)
        await self._write(EVENTS, [(partition, None, b"\n".join(found)) for partition, found in lines.items()])
        self.sent += len(placed)

    async def _write(self, topic, records):
        """Write records; again until the broker has them all."""
        while True:
            with suppress(KafkaError):
                async with self._producer() as producer:
                    waiting = [await producer.send(topic.name, value, key=key, partition=partition) for partition, key, value in records]
                    await asyncio.gather(*waiting)
                    return
            await asyncio.sleep(0.5)

    @asynccontextmanager
    async def _producer(self):
        producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap,
            acks="all",
            enable_idempotence=True,
            linger_ms=5,
            max_batch_size=262_144,
            request_timeout_ms=15_000,
        )
        try:
            await producer.start()
            yield producer
        finally:
            with suppress(KafkaError):
                await producer.stop()


def _delta(visitor, at):
    """A page view, then time spent on page after page, with the longest ids that are accepted."""
    kind = "engagement" if at else "page_view"
    fields = {"engaged_ms": 100, "seq": at} if at else {}
    made = accepted(SITES[0], kind, time.time_ns() // 1_000_000, visitor_id=visitor, pageview_id=f"p{at // 500}", **fields)
    made["event_id"] = f"{visitor}-{at}".ljust(200, "x")
    return partition_of(SITES[0], visitor, PARTITIONS), dumps(made)
