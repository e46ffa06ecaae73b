"""One address's way through the topics of signals and tasks: reads, hands out, and commits what is done."""

import asyncio
import time
from collections import OrderedDict, deque
from dataclasses import dataclass, field

import structlog

from schemas.errors import Retryable
from schemas.topics import TASKS
from sinks.core.planning import Record
from sinks.ports import Partition, Source
from sinks.webhooks.core.alerts import Address, Alert, about, is_alert, is_withdrawn, read_signal, read_step
from sinks.webhooks.core.progress import Progress
from sinks.webhooks.courier import Courier, Parcel, wait

log = structlog.get_logger()

WINDOW = 64
"""Alerts under way at once. While all of them wait, nothing is read: the topic keeps the rest."""
POLL_S = 0.25
COMMIT_S = 0.5
PAUSE_S = 1.0
LAST_CALLS_S = 12.0
"""Longest wait, on a stop, for calls that are being made."""
TOLD_MAX = 10_000
"""Alerts that are remembered as delivered: one that comes back after it was withdrawn, or by another console, is not told again."""


@dataclass(eq=False, slots=True)
class Held:
    """One partition that this member holds. `waiting` were read and have no room yet."""

    mark: object
    progress: Progress = field(default_factory=Progress)
    committed: int | None = None
    waiting: deque[Record] = field(default_factory=deque)
    stop: asyncio.Event = field(default_factory=asyncio.Event)


class Lane:
    """One address. Each has a consumer group of its own, so that a slow one holds up nobody else."""

    def __init__(self, address: Address, source: Source, courier: Courier) -> None:
        self._address = address
        self._source = source
        self._courier = courier
        self._held: dict[Partition, Held] = {}
        self._parcels: dict[str, Parcel] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._told: OrderedDict[str, None] = OrderedDict()
        self._commit_at = 0.0
        self._trouble = ""
        self._failed: BaseException | None = None

    @property
    def name(self) -> str:
        """The address's name."""
        return self._address.name

    @property
    def pending(self) -> int:
        """Alerts under way."""
        return len(self._tasks)

    def lag(self) -> int | None:
        """Return the records that are not done, None while unknown: before every partition has a committed beginning."""
        places = self._source.places()
        if not self._held or any(held.committed is None or partition not in places for partition, held in self._held.items()):
            return None
        return sum(
            len(held.progress) + max(0, places[partition].end - places[partition].position) for partition, held in self._held.items()
        )

    def check(self) -> str:
        """Return `ok`, or what is wrong with the address or the broker."""
        return self._trouble or self._courier.trouble or "ok"

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop`, then let the calls end that are being made, and commit."""
        while not stop.is_set():
            await self._step_or_pause(stop)
        for held in self._held.values():
            held.stop.set()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=LAST_CALLS_S)
        self._commit_at = 0.0
        try:
            await self._commit()
        except Retryable as error:
            log.warning("webhook_waits", address=self.name, reason=str(error))

    async def _step_or_pause(self, stop: asyncio.Event) -> None:
        try:
            await self.step()
        except Retryable as error:
            if str(error) != self._trouble:
                log.warning("webhook_waits", address=self.name, reason=str(error))
            self._trouble = str(error)
            await wait(PAUSE_S, stop)
        else:
            self._trouble = ""

    async def step(self) -> None:
        """Read what there is room for, hand it out, and commit what is done."""
        if self._failed:
            raise self._failed
        if any(held.waiting for held in self._held.values()):
            if len(self._tasks) >= WINDOW:
                await asyncio.wait(self._tasks, timeout=POLL_S, return_when=asyncio.FIRST_COMPLETED)
            self._follow_assignment()
        else:
            read = await self._source.poll(POLL_S)
            self._follow_assignment()
            for partition, records in read.items():
                held = self._held[partition]
                for record in records:
                    held.progress.read(record.offset)
                held.waiting.extend(records)
        for partition, place in self._source.places().items():
            if partition in self._held:
                self._held[partition].progress.begin(place.position)
        self._hand_out()
        await self._commit()

    def _follow_assignment(self) -> None:
        assigned = self._source.assigned()
        for partition, held in list(self._held.items()):
            if assigned.get(partition) is not held.mark:
                held.stop.set()
                del self._held[partition]
        for partition, mark in assigned.items():
            if partition not in self._held:
                self._held[partition] = Held(mark)

    def _hand_out(self) -> None:
        for partition, held in self._held.items():
            read = read_step if partition.topic == TASKS.name else read_signal
            while held.waiting and len(self._tasks) < WINDOW:
                record = held.waiting.popleft()
                self._take_up(held, record, read(record.value))

    def _take_up(self, held: Held, record: Record, alert: Alert | None) -> None:
        before = self._parcels.get(about(alert)) if alert else None
        if before and alert and is_withdrawn(alert):
            before.withdrawn = True
        if alert is None or not is_alert(alert) or not self._address.wants(alert) or self._is_told(alert, before):
            held.progress.done(record.offset)
            return
        parcel = self._parcels[about(alert)] = Parcel(alert, record.value or b"", record.timestamp)
        task = asyncio.create_task(self._deliver(held, record.offset, parcel))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _is_told(self, alert: Alert, before: Parcel | None) -> bool:
        """Return whether the same call was made, or is under way: then this is a copy behind it in the partition, and done with it."""
        same = before is not None and not before.withdrawn and before.alert["signal_id"] == alert["signal_id"]
        return same or alert["signal_id"] in self._told

    async def _deliver(self, held: Held, offset: int, parcel: Parcel) -> None:
        end = await self._courier.deliver(parcel, held.stop)
        if self._parcels.get(about(parcel.alert)) is parcel:
            del self._parcels[about(parcel.alert)]
        if end is not None:
            held.progress.done(offset)
        if end in ("delivered", "dead_lettered"):
            self._told[parcel.alert["signal_id"]] = None
            if len(self._told) > TOLD_MAX:
                self._told.popitem(last=False)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception():
            self._failed = task.exception()

    async def _commit(self) -> None:
        """Commit the offsets that have moved. The first of a partition at once: an address begins where it was first seen."""
        moved = {partition: held for partition, held in self._held.items() if held.progress.next not in (None, held.committed)}
        if not moved or (time.monotonic() < self._commit_at and all(held.committed is not None for held in moved.values())):
            return
        offsets = {partition: held.progress.next for partition, held in moved.items()}
        marks = {partition: held.mark for partition, held in moved.items()}
        if await self._source.commit({partition: (offset, None) for partition, offset in offsets.items() if offset is not None}, marks):
            for partition, held in moved.items():
                held.committed = offsets[partition]
        self._commit_at = time.monotonic() + COMMIT_S
