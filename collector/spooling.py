"""Delivery with a spool behind it: what Kafka does not acknowledge in time is durable on this machine, and shipped later in order."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import TypeVar

import structlog

from collector.core.frames import Frame
from collector.ports import Delivery, Publication, Refused, Spooled
from collector.spool import Chunk, Spool
from schemas.errors import Retryable

log = structlog.get_logger()
T = TypeVar("T")

CHUNK_BYTES = 4 * 1024 * 1024
"""Shipped at once: enough to drain faster than events come, little enough to hold in memory."""

NEARLY_EMPTY_BYTES = 1024 * 1024
HANDOVER_S = 0.5
"""A flush waits this long for a nearly empty spool to become empty; without that, a steady load would never leave it."""

CONNECT_S = 3.0
RETRY_S = 0.5
LATE_S = 30.0
DRAIN_S = 3.0
ADOPT_S = 5.0


def wall_clock_ms() -> int:
    """Return the time of this machine, Unix milliseconds."""
    return time.time_ns() // 1_000_000


class Spooling:
    """A `Delivery` over another one. While the spool holds anything, new flushes go behind it: order stays.

    A flush that Kafka has not acknowledged after `patience_s` is spooled although it may still arrive; when it does, it is
    not shipped again. `failed` is told what makes it impossible to go on: Kafka answers at last and is not what the settings say.
    """

    def __init__(
        self,
        kafka: Delivery,
        spool: Spool,
        *,
        patience_s: float = 2.0,
        failed: Callable[[BaseException], None] = lambda _: None,
        now_ms: Callable[[], int] = wall_clock_ms,
    ) -> None:
        self._kafka = kafka
        self._spool = spool
        self._patience_s = patience_s
        self._failed = failed
        self._now_ms = now_ms
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="spool")
        self._filled = asyncio.Event()
        self._empty = asyncio.Event()
        self._late: tuple[asyncio.Future[None], Frame] | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._connected = False
        self._closed = False
        self._keeping = False
        self._away = True
        self._flowing = False
        self._said = ""

    @property
    def spooled(self) -> Spooled:
        """What still has to be shipped."""
        return self._spool.depth

    async def connect(self) -> None:
        """Open the spool, and Kafka when it answers soon; raises Misconfigured when either is not what the settings say."""
        await self._on_disk(self._spool.open)
        self._tasks = [asyncio.create_task(task) for task in (self._connect(), self._ship(), self._adopt())]
        await asyncio.wait(self._tasks[:1], timeout=CONNECT_S)
        for task in self._tasks:
            if task.done():
                self._report(task)
                task.result()
            else:
                task.add_done_callback(self._report)

    async def deliver(self, publication: Publication) -> None:
        """Return once Kafka or the disk has it; raises Retryable when neither, Refused when Kafka will not have it."""
        if not (self._is_direct or await self._handed_over()):
            await self._keep(self._frame(publication))
            return
        delivery = asyncio.ensure_future(self._kafka.deliver(publication))
        try:
            await asyncio.wait({delivery}, timeout=self._patience_s)
        except asyncio.CancelledError:
            delivery.cancel()
            raise
        if delivery.done() and _acknowledged(delivery):
            return
        self._away, self._flowing = True, False
        log.warning("kafka_away", spooling=True)
        frame = self._frame(publication)
        if not delivery.done():
            self._late = delivery, frame
        await self._keep(frame)

    async def keep(self, publication: Publication) -> None:
        """Spool a publication that is under way; its copy goes ahead of every later flush."""
        await self._keep(self._frame(publication))

    async def probe(self) -> str:
        """Return what is to be known when a flush would become durable now; raises Retryable when not."""
        away = await self._is_away()
        depth = self._spool.depth
        if away or self._shipping:
            await self._on_disk(self._spool.check)
        if away:
            return "away, spooling"
        return f"ok, {depth.count} spooled events to ship" if depth.count else "ok"

    async def close(self) -> None:
        """Ship what goes quickly, leave the rest on the disk for the next start, then disconnect."""
        if self._closed:
            return
        self._closed = True
        if self._shipping and not self._away:
            with suppress(TimeoutError):
                async with asyncio.timeout(DRAIN_S):
                    await self._empty.wait()
        for task in (*self._tasks, *(self._late or ())[:1]):
            task.cancel()
            await asyncio.wait({task})
        await self._kafka.close()
        await self._on_disk(self._spool.close)
        self._disk.shutdown()
        if self._spool.depth.count:
            log.warning("spool_left", events=self._spool.depth.count)

    @property
    def _shipping(self) -> bool:
        """True while something older than the next flush is not in Kafka, or not known to be."""
        return self._keeping or self._late is not None or self._spool.depth.size > 0

    @property
    def _is_direct(self) -> bool:
        """True when Kafka may take the next flush: nothing older waits, and it answered last time."""
        return self._connected and not self._away and not self._shipping

    async def _handed_over(self) -> bool:
        """Wait for a spool that is nearly shipped; true when Kafka may take the next flush then."""
        if self._flowing and not self._away and self._spool.depth.size < NEARLY_EMPTY_BYTES:
            with suppress(TimeoutError):
                async with asyncio.timeout(HANDOVER_S):
                    await self._empty.wait()
        return self._is_direct

    def _frame(self, publication: Publication) -> Frame:
        return Frame(self._now_ms(), dict(publication.events), list(publication.rejected))

    async def _keep(self, frame: Frame) -> None:
        self._keeping = True
        self._empty.clear()
        try:
            await self._on_disk(partial(self._spool.append, frame))
        finally:
            self._keeping = False
            self._filled.set()

    async def _is_away(self) -> bool:
        if not self._connected:
            return True
        try:
            await self._kafka.probe()
        except Retryable:
            self._away = True
        else:
            self._away = False
        return self._away

    async def _connect(self) -> None:
        while not self._connected:
            try:
                await self._kafka.connect()
            except Retryable as error:
                if self._said != str(error):
                    log.warning("kafka_away", reason=str(error))
                self._said = str(error)
                await asyncio.sleep(RETRY_S)
            else:
                self._connected, self._away = True, False
                self._filled.set()

    async def _ship(self) -> None:
        while True:
            await self._filled.wait()
            try:
                if self._connected:
                    await self._ship_all()
            except (Retryable, OSError) as error:  # a timeout is an OSError too
                self._flowing = False
                if self._said != str(error):
                    log.warning("shipping_waits", reason=str(error), events=self._spool.depth.count)
                self._said = str(error)
            if self._shipping:
                await asyncio.sleep(RETRY_S)

    async def _ship_all(self) -> None:
        await self._settle_late()
        while (chunk := await self._on_disk(partial(self._spool.head, CHUNK_BYTES))) is not None:
            async with asyncio.timeout(LATE_S):
                await self._kafka.deliver(_joined(chunk))
            await self._drop(chunk)
            log.info("spool_shipped", events=chunk.count, left=self._spool.depth.count)
        if not self._shipping:  # nothing was kept since the spool was found empty
            self._filled.clear()
            self._empty.set()

    async def _settle_late(self) -> None:
        """Wait for the flush that was spooled while under way; when it did arrive, it is not shipped again."""
        if self._late is None:
            return
        delivery, frame = self._late
        await asyncio.wait({delivery}, timeout=LATE_S)
        if not delivery.done():  # a connection that never ends: ship it anew, its ids tell streams that it is the same
            delivery.cancel()
            await asyncio.wait({delivery})
        arrived = not delivery.cancelled() and delivery.exception() is None
        self._late = None
        first = await self._on_disk(partial(self._spool.head, 1))
        if arrived and first is not None and first.frames == [frame]:
            await self._drop(first)

    async def _drop(self, chunk: Chunk) -> None:
        self._away, self._flowing, self._said = False, True, ""
        await self._on_disk(partial(self._spool.drop, chunk))

    async def _adopt(self) -> None:
        while True:
            if self._spool.depth.size:
                self._filled.set()
            await asyncio.sleep(ADOPT_S)
            await self._on_disk(self._spool.adopt)

    def _report(self, task: "asyncio.Task[None]") -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.error("spooling_failed", exc_info=error)
            self._failed(error)

    async def _on_disk(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._disk, work)


def _acknowledged(delivery: "asyncio.Future[None]") -> bool:
    """Return whether a delivery that ended did write; raises what was nobody's absence."""
    error = delivery.exception()
    if error is None:
        return True
    if isinstance(error, Refused) or not isinstance(error, Retryable):
        raise error
    return False


def _joined(chunk: Chunk) -> Publication:
    events: dict[int, list[bytes]] = {}
    rejected: list[tuple[bytes, bytes]] = []
    for frame in chunk.frames:
        for partition, lines in frame.events.items():
            events.setdefault(partition, []).extend(lines)
        rejected.extend(frame.rejected)
    return Publication(events, rejected)
