"""A stream of events for a chaos run: the demo's days as if they happened now, some twice, some late; and what must not be fed."""

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from bench.streams.inputs import days
from schemas.codec import dumps, partition_of
from schemas.topics import EVENTS, TRACKED, VISITORS_STATE
from streams.core.layout import write
from tests.collector.broker import PARTITIONS

EVERY_S = 0.2
GIANT = "giant-"
GHOST = "ghost"
"""A site that nobody visits: its state only makes the changelog larger."""


class Feeder:
    """Writes events as the collector does, at a rate, until told to stop. What a failed write left on the topic counts as fed."""

    def __init__(self, bootstrap: str, rate: float, total: int) -> None:
        self.sent = 0
        self.poison: list[bytes] = []
        self._bootstrap, self._rate, self._total = bootstrap, rate, total
        self._events = self._endless()
        self._stopped = asyncio.Event()

    async def run(self) -> None:
        """Feed until stopped, and in any case until everything was sent."""
        producer = await self._producer()
        try:
            while not self._stopped.is_set() or self.sent < self._total:
                began = time.monotonic()
                records: dict[int, list[bytes]] = defaultdict(list)
                hurry = 4 if self._stopped.is_set() else 1
                for _ in range(int(self._rate * EVERY_S * hurry)):
                    partition, line = next(self._events)
                    records[partition].append(line)
                await self._send(producer, records)
                await asyncio.sleep(max(0.0, EVERY_S - (time.monotonic() - began)))
        finally:
            with suppress(KafkaError):
                await producer.stop()

    def stop(self) -> None:
        """Stop as soon as everything was sent."""
        self._stopped.set()

    async def feed_poison(self) -> None:
        """Write what no agent can read on both source topics."""
        producer = await self._producer()
        try:
            for value in (b"\xff{not json", b"[1]", b'{"event_id":"half'):
                for topic in (EVENTS, TRACKED):
                    await producer.send_and_wait(topic.name, value, partition=random.randrange(PARTITIONS))
                    self.poison += [value] if topic is TRACKED else []
        finally:
            await producer.stop()

    async def feed_giant(self, number: int, events: int) -> None:
        """Write so many events with long ids of one visitor that its state grows out of all proportion."""
        visitor = f"{GIANT}{number}"
        producer = await self._producer()
        try:
            for first in range(0, events, 200):
                lines = [dumps(_delta(visitor, at)) for at in range(first, min(first + 200, events))]
                await producer.send_and_wait(EVENTS.name, b"\n".join(lines), partition=partition_of("bench", visitor, PARTITIONS))
                self.sent += len(lines)
        finally:
            await producer.stop()

    async def grow_changelog(self, number: int, keys: int) -> None:
        """Write the state of visitors of another site, which the next owner of a partition has to load too."""
        producer = await self._producer()
        try:
            waiting = []
            for at in range(keys):
                value = write({"link": ["c" * 200, number, f"e{at}", 1]})
                waiting.append(
                    await producer.send(VISITORS_STATE.name, value, key=f"{GHOST}\0v\0{number}-{at}".encode(), partition=at % PARTITIONS)
                )
            await asyncio.gather(*waiting)
        finally:
            await producer.stop()

    async def _producer(self) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap, acks="all", enable_idempotence=True, linger_ms=5, max_batch_size=262_144
        )
        while True:
            try:
                await producer.start()
            except KafkaError:
                await asyncio.sleep(0.5)
            else:
                return producer

    async def _send(self, producer: AIOKafkaProducer, records: dict[int, list[bytes]]) -> None:
        for partition, lines in records.items():
            with suppress(KafkaError):
                await producer.send_and_wait(EVENTS.name, b"\n".join(lines), partition=partition)
                self.sent += len(lines)

    def _endless(self) -> Iterator[tuple[int, bytes]]:
        chosen, copy = random.Random(17), 0
        story = days(1_795_000_000_000).events
        while True:
            for event in story:
                own = event | {name: f"{event[name]}-{copy}" for name in ("visitor_id", "customer_id") if event.get(name)}
                now = time.time_ns() // 1_000_000
                late = chosen.randrange(300_000) if chosen.random() < 0.05 else 40
                own |= {"event_id": f"{copy:08x}{event['event_id'][8:]}", "received_at": now, "sent_at": now - 20, "created_at": now - late}
                place = partition_of(own["site"], own.get("visitor_id") or own["customer_id"], PARTITIONS), dumps(own)
                yield place
                if chosen.random() < 0.01:
                    yield place
            copy += 1


def _delta(visitor: str, at: int) -> dict[str, object]:
    now = time.time_ns() // 1_000_000
    kind = {"kind": "engagement", "engaged_ms": 100, "seq": at} if at else {"kind": "page_view"}
    own = {"event_id": f"{visitor}-{at}".ljust(180, "x"), "site": "bench", "visitor_id": visitor, "pageview_id": f"p{visitor}{at // 500}"}
    return own | kind | {"received_at": now, "created_at": now, "content_hash": f"{at:016x}", "props": {}}
