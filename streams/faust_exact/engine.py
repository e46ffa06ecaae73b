"""Runs hops on Faust: start, status, stop."""

import asyncio
import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import structlog

from schemas.errors import Retryable
from schemas.tracing import Tracer
from streams.faust_exact.consumer import create_app, topic_of
from streams.faust_exact.exits import ExitCode, code_of, die
from streams.faust_exact.hop import Delivery, Hop
from streams.faust_exact.kafka import KafkaError
from streams.faust_exact.ownership import Ownership
from streams.faust_exact.partition import Partition
from streams.faust_exact.takes import Takes
from streams.faust_exact.timers import Timers
from streams.faust_exact.watchdog import Watchdog
from streams.ports import Observer

log = structlog.get_logger(__name__)

LEAVE_S = 5.0
"""Longest time to leave the group."""


@dataclass(frozen=True, slots=True)
class Status:
    """How a worker is doing. `lag` is 0 when everything that the source topics hold for it has been absorbed."""

    ready: bool
    lag: int
    idle_s: float
    assigned: int
    owned: int


@dataclass(frozen=True, slots=True)
class PartitionStatus:
    """How one owned partition is doing. `watermark` is in Unix milliseconds, 0 before the first event; `size` in bytes."""

    hop: str
    partition: int
    lag: int
    watermark: int
    keys: int
    size: int
    trimmed: int


class Engine:
    """A worker: absorbs its share of every hop's source, exactly once.

    Create it inside the event loop that runs it. `clock` returns Unix milliseconds. Whatever goes wrong after `start`
    ends the process with an `ExitCode`; a supervisor must start it again.
    """

    def __init__(
        self, delivery: Delivery, hops: Sequence[Hop], *, clock: Callable[[], int], observer: Observer, tracer: Tracer | None = None
    ) -> None:
        self._delivery = delivery
        self._app = create_app(delivery)
        self._watchdog = Watchdog(delivery.session_s)
        self._ownership = Ownership(delivery, hops, self._app, observer)
        self._takes = Takes(delivery, self._ownership, self._watchdog, observer, tracer)
        self._timers = Timers(delivery, self._ownership, self._takes, clock, self._lag)
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False
        self._started_at = time.monotonic()
        for hop in hops:
            self._app.agent(topic_of(self._app, hop, delivery.partitions), name=hop.name)(self._agent)

    async def start(self) -> None:
        """Join the group and begin to absorb; returns before partitions are assigned (see `status`).

        Raises Retryable when the broker is away.
        """
        _spare_the_garbage_collector()
        self._app.finalize()
        self._watchdog.start()
        self._tasks.append(asyncio.create_task(self._beat_for_ever()))
        try:
            await self._app.start()
        except KafkaError as error:
            address = self._delivery.connection.bootstrap
            raise Retryable(f"Kafka at {address} does not answer ({error}). Start it, or check FOOTPRINT_KAFKA_BOOTSTRAP.") from None
        self._tasks.append(asyncio.create_task(self._tend_for_ever()))

    async def stop(self) -> None:
        """Finish the running transactions, publish what was held back, leave."""
        beating, *tending = self._tasks
        self._stopping = True
        await asyncio.gather(*tending)
        self._takes.closed = True
        if self._ownership.settled():
            await self._timers.flush()
        try:
            await asyncio.wait_for(self._app.stop(), LEAVE_S)
        except TimeoutError:
            log.warning("left_without_goodbye")  # everything is durable; the group will notice
        await self._ownership.release_all()
        self._watchdog.end()
        beating.cancel()

    def status(self) -> Status:
        """Return how the worker is doing."""
        assigned, owned = self._ownership.assigned(), self._ownership.owned()
        moved = [partition.moved_at for partition in owned if partition.marker >= 0]
        lag = sum(map(self._lag, owned)) + len(assigned) - len(owned)
        return Status(
            ready=self._ownership.settled() and len(owned) == len(assigned),
            lag=lag,
            idle_s=time.monotonic() - max([self._started_at, *moved]),
            assigned=len(assigned),
            owned=len(owned),
        )

    def partitions(self) -> list[PartitionStatus]:
        """Return how every owned partition is doing."""
        return [
            PartitionStatus(
                hop=partition.hop.name,
                partition=partition.number,
                lag=self._lag(partition),
                watermark=partition.hop.progress(partition.meta),
                keys=len(partition.state),
                size=partition.state.size,
                trimmed=partition.state.trimmed,
            )
            for partition in self._ownership.owned()
        ]

    def owned(self) -> list[Partition]:
        """Return the partitions that this worker works on."""
        return self._ownership.owned()

    def _lag(self, partition: Partition) -> int:
        return int(self._app.consumer.lag(partition.tp, partition.marker))

    async def _agent(self, stream: Any) -> None:
        """Faust's agent: reads, absorbs, acknowledges. It never returns control to Faust with an exception."""
        try:
            async for events in stream.noack_take(self._delivery.take, within=self._delivery.within_s):
                await self._takes.absorb(events)
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001  # whatever it is, the process must not go on
            _end(error)

    async def _beat_for_ever(self) -> None:
        while True:
            self._watchdog.beat()
            await asyncio.sleep(self._delivery.tick_s)

    async def _tend_for_ever(self) -> None:
        try:
            while not self._stopping:
                if self._app.crashed or self._app.consumer.crashed:
                    die(ExitCode.FAUST_CRASHED, repr(self._app.crash_reason or self._app.consumer.crash_reason))
                if self._ownership.settled():
                    await self._timers.tend(self._app.consumer_generation_id, self._app.consumer.prev)
                await asyncio.sleep(self._delivery.tick_s)
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001  # whatever it is, the process must not go on
            _end(error)


def _spare_the_garbage_collector() -> None:
    """Have it leave alone what was loaded at the start, and run seldom: a take makes many objects that all end with it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 20, 50)


def _end(error: BaseException) -> NoReturn:
    log.error("streams_failed", exc_info=error)
    die(code_of(error), f"{type(error).__name__}: {error}")
