"""The sink: reads partitions, plans batches, stores them, acknowledges what is stored. It decides nothing about rows."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import structlog

from schemas.errors import Retryable
from schemas.tracing import Tracer, following
from sinks.core.feeds import FEEDS, Feed
from sinks.core.planning import Limits, Plan, halves, part_token
from sinks.core.poison import rejected_row
from sinks.lane import Batch, Lane
from sinks.ports import Partition, Place, Rejected, Source, Store, Unstorable

log = structlog.get_logger()

IDLE_POLL_S = 0.25
GATHER_POLL_S = 0.05
ACKNOWLEDGE_S = 1.0
"""What is stored and has no successor is acknowledged after this time."""
BACKOFF_S = (0.2, 5.0)


@dataclass(frozen=True, slots=True)
class SinkStatus:
    """`lag`: records that are not stored, None while unknown. `idle_s`: since the last record arrived.

    `oldest_ms`: Kafka's time of the oldest record that was read and is not stored, None without one.
    """

    assigned: int
    lag: int | None
    idle_s: float
    waiting_for: str = ""
    oldest_ms: int | None = None


class Sink:
    """One sink process: `run` until it is asked to stop, then drains.

    Plan before insert, insert before acknowledgement; both offsets of a partition travel in one commit.
    """

    def __init__(
        self, source: Source, store: Store, rejected: Rejected, *, feeds: Sequence[Feed] = FEEDS, limits: Limits | None = None
    ) -> None:
        self._source = source
        self._store = store
        self._rejected = rejected
        self._limits = limits or Limits()
        self._clock = clock = time.monotonic
        self._feeds = {feed.topic.name: feed for feed in feeds}
        self._lanes: dict[Partition, Lane] = {}
        self._arrived = clock()
        self._acknowledged = clock()
        self.tracer: Tracer | None = None
        """Follows the batches of requests that are followed."""
        self._trouble = ""
        self._backoff_s = BACKOFF_S[0]

    def status(self, *, since_ms: int = 0) -> SinkStatus:
        """Return where the sink stands. The lag is known once the ends of all partitions were seen at or after `since_ms`."""
        ages = [lane.oldest_ms for lane in self._lanes.values()]
        oldest = min((age for age in ages if age is not None), default=None)
        return SinkStatus(len(self._source.assigned()), self._lag(since_ms), self._clock() - self._arrived, self._trouble, oldest)

    async def run(self, stop: asyncio.Event, *, drain_s: float = 20.0, wall_ms: Callable[[], int]) -> bool:
        """Store what arrives until `stop`; then up to the end of all partitions, for at most `drain_s`.

        True when everything was stored and acknowledged.
        """
        while not stop.is_set():
            await self._step_or_wait(stop)
        deadline, asked_ms = self._clock() + drain_s, wall_ms()
        while self._clock() < deadline:
            await self._step_or_wait(None)
            if self._lag(asked_ms) == 0 and not any(lane.stored for lane in self._lanes.values()):
                return True
        return not self._source.assigned()

    async def step(self, *, final: bool = False) -> None:
        """Read, plan, store once. `final`: without waiting for more rows, and acknowledging at once."""
        gathering = any(lane.waiting or lane.stored for lane in self._lanes.values())
        read = await self._source.poll(GATHER_POLL_S if gathering or final else IDLE_POLL_S)
        self._follow_assignment()
        now = self._clock()
        for partition, records in read.items():
            self._arrived = now
            self._lanes[partition].add(records, now)
        await self._learn_plans()
        limits = replace(self._limits, gather_s=0.0, behind_s=0.0) if final else self._limits
        places = self._source.places()
        for lane in self._lanes.values():
            lane.cut(now, limits=limits, place=places.get(lane.partition))
        if await self._commit(acknowledge=final or now - self._acknowledged >= ACKNOWLEDGE_S):
            await self._store_all()

    async def _step_or_wait(self, stop: asyncio.Event | None) -> None:
        try:
            await self.step(final=stop is None)
        except Retryable as error:
            if self._trouble != str(error):
                log.warning("sink_waits", reason=str(error))
            self._trouble = str(error)
            await _sleep(self._backoff_s, stop)
            self._backoff_s = min(self._backoff_s * 2, BACKOFF_S[1] if stop else 1.0)
        else:
            if self._trouble:
                log.info("sink_goes_on")
            self._trouble, self._backoff_s = "", BACKOFF_S[0]

    def _follow_assignment(self) -> None:
        held: Mapping[Partition, object] = self._source.assigned()
        lanes = {partition: lane for partition, lane in self._lanes.items() if held.get(partition) is lane.mark}
        for partition, mark in held.items():
            if partition not in lanes:
                lanes[partition] = Lane(partition, mark, self._feeds[partition.topic])
        self._lanes = lanes

    async def _learn_plans(self) -> None:
        fresh = [lane for lane in self._lanes.values() if not lane.known]
        if fresh:
            plans = await self._source.committed([lane.partition for lane in fresh])
            for lane in fresh:
                lane.replay, lane.known = plans[lane.partition], True

    async def _commit(self, *, acknowledge: bool) -> bool:
        """Commit new plans, each of which acknowledges the batch before; False when a partition was lost."""
        offsets: dict[Partition, tuple[int, Plan | None]] = {}
        for partition, lane in self._lanes.items():
            if lane.batch is not None and not lane.batch.committed:
                offsets[partition] = (lane.batch.plan.first, lane.batch.plan)
            elif lane.stored is not None and lane.batch is None and acknowledge:
                offsets[partition] = (lane.stored, None)
        if not offsets:
            return True
        if not await self._source.commit(offsets, {partition: self._lanes[partition].mark for partition in offsets}):
            return False
        self._acknowledged = self._clock()
        for partition in offsets:
            lane = self._lanes[partition]
            lane.stored = None
            if lane.batch is not None:
                lane.batch.committed = True
        return True

    async def _store_all(self) -> None:
        lanes = [lane for lane in self._lanes.values() if lane.batch is not None]
        outcomes = await asyncio.gather(*(self._store_lane(lane) for lane in lanes), return_exceptions=True)
        failed = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        for outcome in failed:
            if not isinstance(outcome, Retryable):
                raise outcome
        if failed:
            raise failed[0]

    async def _store_lane(self, lane: Lane) -> None:
        batch = lane.batch
        assert batch is not None
        with following(self.tracer, "sink insert", batch.traces if self.tracer is not None else ()):
            try:
                if lines := batch.lines:
                    await self._store.insert(batch.feed.table, lines, batch.token)
            except Unstorable as error:
                await self._store_in_parts(batch, str(error))
        lane.finish(batch)

    async def _store_in_parts(self, batch: Batch, problem: str) -> None:
        """Halve a refused batch until the rows at fault stand alone, and turn those away."""
        turned_away: list[dict[str, str | int]] = []
        rows = batch.rows
        ranges = [(0, len(rows), problem)]
        while ranges:
            start, stop, problem = ranges.pop()
            if stop - start == 1:
                row, timestamp = rows[start]
                turned_away.append(rejected_row(row, topic=batch.partition.topic, problem=problem, timestamp=timestamp))
                continue
            for low, high in halves(start, stop):
                try:
                    await self._store.insert(
                        batch.feed.table, b"\n".join(row for row, _ in rows[low:high]), part_token(batch.token, low, high)
                    )
                except Unstorable as error:
                    ranges.append((low, high, str(error)))
        log.warning("rows_unstorable", topic=batch.partition.topic, rows=len(turned_away), of=len(rows))
        await self._rejected.reject(turned_away)

    def _lag(self, since_ms: int) -> int | None:
        """Return the records not stored, None while an end seen at or after `since_ms` is missing for a partition."""
        places = self._source.places()
        held = self._source.assigned()
        if not held or any(partition not in places or places[partition].seen_ms < since_ms for partition in held):
            return None
        unread = sum(_unread(places[partition]) for partition in held)
        return unread + sum(lane.backlog for lane in self._lanes.values())


def _unread(place: Place) -> int:
    return max(0, place.end - place.position)


async def _sleep(seconds: float, stop: asyncio.Event | None) -> None:
    if stop is None:
        await asyncio.sleep(seconds)
        return
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
