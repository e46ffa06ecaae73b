"""What happens without a record: owning at assignment, timers, the tail watch, the flush of a clean stop."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from streams.core.work import Work
from streams.faust_exact.hop import Delivery, Moment
from streams.faust_exact.ownership import Ownership
from streams.faust_exact.partition import Partition
from streams.faust_exact.takes import Takes

BEHIND_S = 3.0
"""A record that was fetched this long ago and is not absorbed was lost on the way inside the process."""

BUSY_S = 1.0
"""How often timers run while there is more to absorb: each run is a transaction, and what they publish changes again soon."""

Lag = Callable[[Partition], int]


class Timers:
    """Tends every assigned partition a few times a second."""

    def __init__(self, delivery: Delivery, ownership: Ownership, takes: Takes, clock: Callable[[], int], lag: Lag) -> None:
        self._delivery = delivery
        self._ownership = ownership
        self._takes = takes
        self._clock = clock
        self._lag = lag

    async def tend(self, generation: int, fetched: dict[Any, int]) -> None:
        """Tend all partitions. `fetched` holds the last fetched offset of each."""
        await self._ownership.release_lost()
        assigned = self._ownership.assigned()
        await asyncio.gather(*[self._tend(self._ownership.partition(tp), generation, fetched.get(tp)) for tp in assigned])

    async def flush(self) -> None:
        """Publish what the hops held back, one transaction after the other. Takes must be closed."""
        await asyncio.gather(*[self._flush(partition) for partition in self._ownership.owned()])

    async def _tend(self, partition: Partition, generation: int, fetched: int | None) -> None:
        if partition.generation == generation:
            self._watch_tail(partition, fetched)
        async with partition.lock:
            if not self._ownership.settled() or partition.tp not in self._ownership.assigned():
                return
            await self._ownership.own(partition, generation)
            await self._ownership.heal(partition)
        if self._lag(partition) and time.monotonic() - partition.advanced_at < BUSY_S:
            return
        partition.advanced_at = time.monotonic()
        await self._repeat(partition, lambda work: partition.hop.advance(work, self._moment(partition)))

    async def _flush(self, partition: Partition) -> None:
        await self._repeat(partition, lambda work: partition.hop.flush(work, self._moment(partition)))

    async def _repeat(self, partition: Partition, step: Callable[[Work], bool]) -> None:
        """Run a step as transactions until it says that nothing more is due; takes get their turn in between."""
        more = True
        while more:
            async with partition.lock:
                if partition.producer is None or partition.tp not in self._ownership.assigned():
                    return
                work = partition.work()
                more = step(work)
                await self._takes.commit_timers(partition, work)

    def _moment(self, partition: Partition) -> Moment:
        still_s = time.monotonic() - partition.moved_at
        behind = self._lag(partition) > 0
        return Moment(self._clock(), quiet=still_s >= self._delivery.quiet_after_s and not behind, behind=behind)

    def _watch_tail(self, partition: Partition, fetched: int | None) -> None:
        """Rewind when the last record of a partition was lost: no later record will show the hole."""
        if fetched is None or fetched <= partition.marker or partition.lock.locked():
            partition.behind = None
        elif partition.behind is None or partition.behind[0] != partition.marker:
            partition.behind = (partition.marker, time.monotonic())
        elif time.monotonic() - partition.behind[1] > BEHIND_S:
            partition.behind = None
            self._ownership.rewind(partition, partition.marker)
