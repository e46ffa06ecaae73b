"""Absorbing what was fetched: each take is one transaction per partition (more when it is large)."""

import asyncio
import time
from collections.abc import Iterable, Sequence
from typing import Any

from schemas.tracing import Span, Tracer, carried, following
from streams.core.work import Arrival, Work
from streams.faust_exact.acceptance import Verdict, judge
from streams.faust_exact.hop import Delivery
from streams.faust_exact.ownership import Ownership
from streams.faust_exact.partition import Partition
from streams.faust_exact.transaction import plan, write, writes
from streams.faust_exact.watchdog import Watchdog
from streams.ports import Observer


class Takes:
    """Folds records into their partition's state and commits."""

    def __init__(
        self, delivery: Delivery, ownership: Ownership, watchdog: Watchdog, observer: Observer, tracer: Tracer | None = None
    ) -> None:
        self._delivery = delivery
        self._ownership = ownership
        self._watchdog = watchdog
        self._observer = observer
        self._tracer = tracer
        self.closed = False
        """True on a clean stop: nothing is absorbed any more; it comes again at the next start."""

    async def absorb(self, events: Sequence[Any]) -> None:
        """Absorb a take of Faust events, then acknowledge those that are durable."""
        by_partition: dict[Any, list[Any]] = {}
        for event in events:
            by_partition.setdefault(event.message.tp, []).append(event.message)
        await asyncio.gather(*[self._absorb(self._ownership.partition(tp), messages) for tp, messages in by_partition.items()])
        for event in events:
            if not event.message.acked:
                event.ack()

    async def _absorb(self, partition: Partition, messages: Sequence[Any]) -> None:
        left = messages
        while left:
            async with partition.lock:
                left = await self._absorb_locked(partition, left)

    async def _absorb_locked(self, partition: Partition, messages: Sequence[Any]) -> Sequence[Any]:
        """Absorb as much as one transaction may hold; return the rest."""
        generation = max(message.generation_id for message in messages)
        if self.closed or generation < partition.generation or partition.tp not in self._ownership.assigned():
            self._refuse(partition, messages)  # of an ownership that is over; it comes again, here or elsewhere
            return ()
        await self._ownership.own(partition, generation)
        part = Bounds(self._delivery)
        work, marker, taken = partition.work(), partition.marker, list[Any]()
        for message in messages:
            verdict = judge(prev=message.checksum, offset=message.offset, marker=marker)
            if verdict is Verdict.ACCEPT:
                partition.hop.absorb(message.value or b"", work, arrival_of(message))
                marker = message.offset
                taken.append(message)
            elif verdict is Verdict.REWIND:
                self._refuse(partition, [message])
                self._ownership.rewind(partition, marker)
            if part.is_full(message):
                break
        if taken:
            causes = [] if self._tracer is None else causes_of(taken)
            with following(self._tracer, f"streams {partition.hop.name}", causes) as span:
                await self.commit(partition, work, marker=marker, records=len(taken), span=span)
        return messages[part.records :]

    async def commit(self, partition: Partition, work: Work, *, marker: int, records: int, span: Span | None = None) -> None:
        """Write one transaction, with the partition's lock held; then its changes are the state. `span`: what its lines carry on."""
        trace = span.context if span is not None else None
        planned = plan(partition, work, marker=marker, partitions=self._delivery.partitions, trace=trace)
        self._watchdog.check()
        began = time.monotonic()
        await write(partition.producer, planned)
        partition.committed(marker, at=time.monotonic())
        self._ownership.note_marker(partition)
        self._observer.committed(partition.hop.name, records, work.out.counts, time.monotonic() - began)

    async def commit_timers(self, partition: Partition, work: Work) -> None:
        """Write what a timer did, if anything: a transaction that moves no marker."""
        if writes(partition, work):
            await self.commit(partition, work, marker=partition.marker, records=0)

    def _refuse(self, partition: Partition, messages: Iterable[Any]) -> None:
        refused = 0
        for message in messages:
            message.acked = True  # without acknowledging it: neither committed nor waited for
            refused += 1
        self._observer.refused(partition.hop.name, refused)


def arrival_of(message: Any) -> Arrival:
    """Return how a source record came, from its Kafka timestamp and headers."""
    headers = dict(message.headers or ())
    watermark = headers.get("wm")
    return Arrival(
        at=round((message.timestamp or 0) * 1000),
        source=headers.get("from", b"").decode(),
        watermark=int(watermark) if watermark else None,
        key=message.key or b"",
        partition=message.partition,
    )


def causes_of(messages: Iterable[Any]) -> list[bytes]:
    """Return the contexts that records carry, each once."""
    return list(dict.fromkeys(context for message in messages if (context := carried(message.headers)) is not None))


class Bounds:
    """What one transaction may hold, so that it keeps neither the event loop nor memory for long.

    The time is that of this thread's own work: where neighbours take the CPU, smaller transactions would only cost more of it.
    """

    def __init__(self, delivery: Delivery) -> None:
        self._bytes = delivery.take_bytes
        self._until = time.thread_time() + delivery.take_s
        self.records = 0

    def is_full(self, message: Any) -> bool:
        """Count a record; True when it must be the last."""
        self.records += 1
        self._bytes -= len(message.value or b"")
        return self._bytes <= 0 or time.thread_time() >= self._until
