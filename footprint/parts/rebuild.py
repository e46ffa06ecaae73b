"""The rebuild's process: takes up marks in the background, and counts customers' rows beside that."""

import asyncio
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import structlog

from footprint import health, publishing
from footprint.backup.again import catch_up
from footprint.parts.connections import resolve_kafka, resolve_store
from footprint.parts.counting import Counting
from footprint.parts.metrics import Pass, RebuildMetrics, StoreMetrics
from footprint.rebuilding import SETTLE_S, HistoryOf, Round, marks_waiting, now_ms, rebuild_marked
from footprint.rescoring import Rescoring, Tell, kept_since, tell_history
from footprint.settings import Settings
from footprint.suppressing import suppressions
from footprint.telling import Told, tell_streams
from schemas.errors import Misconfigured, Retryable
from sinks.clickhouse import figures, migrations
from sinks.clickhouse.client import Refused, StoreClient
from sinks.clickhouse.rollups import refresh

log = structlog.get_logger()

RETRY_S = 1.0
LOOK_S = 5.0
"""The store is asked what it holds at most this often, when somebody asks for readiness or metrics."""


def once(settings: Settings, *, settle_s: float = 1.0) -> Round:
    """Do one round over the marks that stand now. Raises Retryable or Misconfigured."""
    to, present = resolve_store(settings, user="pipeline"), now_ms()
    migrations.check(to)

    def gap_of(site: str) -> int:
        return settings.site(site).session_gap_s * 1000

    return rebuild_marked(to, gap_of, now_ms=present, settle_s=settle_s, history_of=history_teller(settings))


def count_days(settings: Settings) -> int:
    """Count the days anew that changed, for the rollups; returns how many. Raises Retryable when the store is away."""
    client = StoreClient(resolve_store(settings, user="pipeline"))
    try:
        return refresh(client)
    finally:
        client.close()


def history_teller(settings: Settings) -> HistoryOf:
    """Return what tells the streams the history of owners of a site."""
    return lambda site, owners: tell_history(rescoring_of(settings, site, now_ms()), owners, teller_of(settings))


def rescoring_of(settings: Settings, site: str, present: int) -> Rescoring:
    """Return how scores of a site are computed anew: by the model that the streams run."""
    rules = publishing.rules_of(settings, site)
    kept = kept_since(present, settings.retention_events_days)
    return Rescoring(resolve_store(settings, user="pipeline"), site, rules, present, kept)


def teller_of(settings: Settings) -> Tell:
    """Return what writes lines for the streams: none about the forgotten, whose events may just have been read."""

    def tell(site: str, lines: Sequence[Told]) -> None:
        forgotten = suppressions(settings)
        tell_streams(resolve_kafka(settings), site, [line for line in lines if not forgotten.holds(site, line[0])])

    return tell


def run(settings: Settings, *, every_s: float, health_port: int) -> None:
    """Do a round every so many seconds until SIGTERM or SIGINT. Waits for a store that is away."""
    asyncio.run(_Rebuilding(settings, every_s).run(health_port))


class _Rebuilding:
    def __init__(self, settings: Settings, every_s: float) -> None:
        self._settings, self._every_s = settings, every_s
        self._metrics = RebuildMetrics()
        self._store = StoreMetrics(self._metrics.registry)
        self._blind, self._looked_at = False, -LOOK_S
        self._trouble = "starting"
        self._waiting: int | None = None
        self._busy_at = time.monotonic()

    async def run(self, health_port: int) -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        server = asyncio.create_task(
            health.serve(health_port, self.status, self._metrics.registry, part="rebuild", host=self._settings.health_host)
        )
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._rounds(stop))
                both.create_task(Counting(self._settings, self._metrics).run(stop))
        finally:
            server.cancel()
            with suppress(asyncio.CancelledError):
                await server

    async def _rounds(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            pause_s = await self._round()
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause_s)

    async def status(self) -> dict[str, Any]:
        """Return what `/ready` says; the lag is marks, which may wait for a session to end."""
        if self._trouble == "ok" and time.monotonic() - self._looked_at > LOOK_S:
            self._looked_at = time.monotonic()
            await asyncio.to_thread(self._look)
        idle_s = round(time.monotonic() - self._busy_at, 3)
        return {"ready": self._trouble == "ok", "lag": self._waiting, "idle_s": idle_s, "checks": {"store": self._trouble}}

    async def _round(self) -> float:
        try:
            done = await asyncio.to_thread(self._pass)
        except Retryable as error:
            if self._trouble != str(error):
                log.warning("rebuild_waits", reason=str(error))
            self._trouble = str(error)
            self._metrics.failed()
            return RETRY_S
        self._trouble = "ok"
        if done.marks > done.left:
            self._busy_at = time.monotonic()
            log.info("rebuilt", marks=done.marks - done.left, left=done.left)
        return self._every_s

    def _pass(self) -> Round:
        """Do one round, and show what it did and what the store holds."""
        began = time.monotonic()
        self._erase_again()
        done = once(self._settings, settle_s=SETTLE_S)
        days = count_days(self._settings)
        self._waiting = marks_waiting(resolve_store(self._settings, user="pipeline"))
        self._metrics.ended(Pass(done, days, self._waiting, time.monotonic() - began, now_ms() / 1000))
        return done

    def _erase_again(self) -> None:
        """Erase the forgotten from what comes again after a restore; where our rights do not reach so far, somebody must do it by hand."""
        try:
            if removed := catch_up(self._settings):
                log.info("erased_again", rows=removed)
        except Refused as error:
            log.warning("erase_again_refused", reason=str(error))

    def _look(self) -> None:
        """Show what the store holds; a server that does not let us look is no trouble of the rebuild's."""
        client = StoreClient(resolve_store(self._settings, user="pipeline"))
        try:
            self._store.show(figures.read(client), now_ms() / 1000)
        except (Misconfigured, Refused, Retryable) as error:
            if not self._blind:
                log.warning("store_not_shown", reason=str(error))
            self._blind = True
        finally:
            client.close()
