"""Taking over partitions, and letting them go."""

import time
from collections.abc import Iterable
from typing import Any

import structlog

from streams.faust_exact.changelog import load
from streams.faust_exact.consumer import ExactApp
from streams.faust_exact.hop import Delivery, Hop
from streams.faust_exact.kafka import are_open, connections_of, producer_for, write_owed_markers
from streams.faust_exact.partition import Partition
from streams.ports import Observer

log = structlog.get_logger(__name__)

REWIND_EVERY_S = 1.0


class Ownership:
    """Which partitions of which sources this process owns, and since which generation of the group."""

    def __init__(self, delivery: Delivery, hops: Iterable[Hop], app: ExactApp, observer: Observer) -> None:
        self._delivery = delivery
        self._hops = {hop.source.name: hop for hop in hops}
        self._app = app
        self._observer = observer
        self._partitions: dict[Any, Partition] = {}

    def assigned(self) -> set[Any]:
        """Return the source partitions that the group gives to this worker; empty while it joins."""
        if self._app.consumer_generation_id < 1:
            return set()
        return {tp for tp in self._app.consumer.assignment() if tp.topic in self._hops}

    def settled(self) -> bool:
        """True when the group is not being rebalanced."""
        return not self._app.rebalancing and self._app.consumer_generation_id > 0

    def owned(self) -> list[Partition]:
        """Return the partitions that are ready to work on."""
        return [
            part for tp, part in self._partitions.items() if part.generation == self._app.consumer_generation_id and tp in self.assigned()
        ]

    def partition(self, tp: Any) -> Partition:
        """Return what this process holds of a source partition."""
        held = self._partitions.get(tp)
        if held is None:
            held = self._partitions[tp] = Partition(self._hops[tp.topic], tp)
        return held

    async def own(self, partition: Partition, generation: int) -> None:
        """Take a partition over, once per generation; hold its lock.

        The order is the promise: the producer starts first, which fences every older owner and ends what it left open (and
        what a broker owed it); then the state is complete and is loaded; then the source is fetched from the marker on.
        """
        if partition.generation == generation:
            return
        if partition.producer is None or generation - partition.generation != 1:  # somebody else may have owned it between
            await self._take_over(partition, generation)
        partition.generation = generation
        self.note_marker(partition)
        self._app.consumer.rewind[partition.tp] = partition.marker + 1
        partition.rewound_at = time.monotonic()  # what is still on its way from before is refused without another rewind

    async def heal(self, partition: Partition) -> None:
        """Make up for what a broker may have forgotten while it was away; hold the partition's lock."""
        if not are_open(partition.connections):
            await self._write_owed_markers(partition)
            log.info("healed", hop=partition.hop.name, partition=partition.number)
        else:
            partition.connections = connections_of(partition.producer)

    async def _write_owed_markers(self, partition: Partition) -> None:
        await write_owed_markers(partition.producer, partition.written(self._delivery.partitions))
        partition.connections = connections_of(partition.producer)

    def note_marker(self, partition: Partition) -> None:
        """Let the marker be what is committed to the group next."""
        if partition.marker >= 0:
            self._app.consumer.absorbed[partition.tp] = partition.marker

    def rewind(self, partition: Partition, after: int) -> None:
        """Have a partition fetched again from the record after offset `after`; at most once a second."""
        now = time.monotonic()
        if now - partition.rewound_at > REWIND_EVERY_S and partition.tp not in self._app.consumer.rewind:
            partition.rewound_at = now
            self._app.consumer.rewind[partition.tp] = after + 1
            self._observer.rewound(partition.hop.name)
            log.warning("rewound", hop=partition.hop.name, partition=partition.number, marker=after)

    async def release_lost(self) -> None:
        """Forget the partitions that another worker owns now."""
        assigned = self.assigned()
        for tp in [tp for tp in self._partitions if tp not in assigned]:
            held = self._partitions[tp]
            async with held.lock:
                if tp not in self.assigned():
                    del self._partitions[tp]
                    await held.release()
                    log.info("released", hop=held.hop.name, partition=held.number)

    async def release_all(self) -> None:
        """Stop every producer, on a clean stop."""
        for held in self._partitions.values():
            async with held.lock:
                await held.release()
        self._partitions.clear()

    async def _take_over(self, partition: Partition, generation: int) -> None:
        started = time.monotonic()
        if partition.producer is not None:
            await partition.release()
        partition.producer = producer_for(self._delivery, partition.tp.topic, partition.number)
        await partition.producer.start()
        await self._write_owed_markers(partition)
        snapshot = await load(self._delivery, partition.hop, partition.number)
        partition.adopt(snapshot, at=time.monotonic())
        seconds = time.monotonic() - started
        self._observer.owned(partition.hop.name, snapshot.records, seconds)
        log.info(
            "owned",
            hop=partition.hop.name,
            partition=partition.number,
            generation=generation,
            marker=partition.marker,
            records=snapshot.records,
            seconds=round(seconds, 2),
        )
