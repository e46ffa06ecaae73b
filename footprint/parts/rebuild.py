"""The rebuild's process: takes up marks in the background."""

import asyncio
import signal
import time
from contextlib import suppress
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Gauge

from footprint import health
from footprint.parts.connections import resolve_store
from footprint.rebuilding import SETTLE_S, Round, marks_waiting, now_ms, rebuild_marked
from footprint.settings import Settings
from schemas.errors import Retryable
from sinks.clickhouse import migrations

log = structlog.get_logger()

RETRY_S = 1.0


def once(settings: Settings, *, settle_s: float = 1.0) -> Round:
    """Do one round over the marks that stand now. Raises Retryable or Misconfigured."""
    to = resolve_store(settings, user="pipeline")
    migrations.check(to)
    return rebuild_marked(to, lambda site: settings.site(site).session_gap_s * 1000, now_ms=now_ms(), settle_s=settle_s)


def run(settings: Settings, *, every_s: float, health_port: int) -> None:
    """Do a round every so many seconds until SIGTERM or SIGINT. Waits for a store that is away."""
    asyncio.run(_Rebuilding(settings, every_s).run(health_port))


class _Rebuilding:
    def __init__(self, settings: Settings, every_s: float) -> None:
        self._settings, self._every_s = settings, every_s
        self._registry = CollectorRegistry()
        self._marks = Gauge("footprint_rebuild_marks", "Visitors and days that wait for the rebuild.", registry=self._registry)
        self._trouble = "starting"
        self._waiting: int | None = None
        self._busy_at = time.monotonic()

    async def run(self, health_port: int) -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        server = asyncio.create_task(health.serve(health_port, self.status, self._registry))
        try:
            while not stop.is_set():
                pause_s = await self._round()
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), pause_s)
        finally:
            server.cancel()
            with suppress(asyncio.CancelledError):
                await server

    async def status(self) -> dict[str, Any]:
        """Return what `/ready` says; the lag is marks, which may wait for a session to end."""
        idle_s = round(time.monotonic() - self._busy_at, 3)
        return {"ready": self._trouble == "ok", "lag": self._waiting, "idle_s": idle_s, "checks": {"store": self._trouble}}

    async def _round(self) -> float:
        try:
            done = await asyncio.to_thread(once, self._settings, settle_s=SETTLE_S)
            self._waiting = await asyncio.to_thread(marks_waiting, resolve_store(self._settings, user="pipeline"))
        except Retryable as error:
            if self._trouble != str(error):
                log.warning("rebuild_waits", reason=str(error))
            self._trouble = str(error)
            return RETRY_S
        self._trouble = "ok"
        self._marks.set(self._waiting)
        if done.marks > done.left:
            self._busy_at = time.monotonic()
            log.info("rebuilt", marks=done.marks - done.left, left=done.left)
        return self._every_s
