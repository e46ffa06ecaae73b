"""Customers' rows, counted beside the rebuild: a second or two after what changes them was stored."""

import asyncio
import time
from contextlib import suppress

import structlog

from footprint.parts.connections import resolve_store
from footprint.parts.metrics import RebuildMetrics
from footprint.settings import Settings
from schemas.errors import Retryable
from sinks.clickhouse.client import StoreClient
from sinks.clickhouse.customers import AT_ONCE, Count

log = structlog.get_logger()

PAUSE_S = 1.0
RESTS = 3
"""It rests so many times as long as it worked: what the events cost the store comes first."""


class Counting:
    """Counts whom marks name until it is asked to stop. Waits for a store that is away."""

    def __init__(self, settings: Settings, metrics: RebuildMetrics) -> None:
        self._client = StoreClient(resolve_store(settings, user="pipeline"))
        self._metrics = metrics
        self._count: Count | None = None
        self._waits = False

    async def run(self, stop: asyncio.Event) -> None:
        """Do a round every second, or as often as it may."""
        try:
            while not stop.is_set():
                began = time.monotonic()
                await self._round()
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), max(PAUSE_S, RESTS * (time.monotonic() - began)))
        finally:
            self._client.close()

    async def _round(self) -> None:
        try:
            counted, behind_ms = await asyncio.to_thread(self._work)
        except Retryable as error:
            if not self._waits:
                log.warning("customers_wait", reason=str(error))
            self._waits = True
            return
        self._waits = False
        self._metrics.counted(counted, behind_ms / 1000)

    def _work(self) -> tuple[int, int]:
        self._count = self._count or Count.resumed(self._client)
        counted = self._count.round(self._client)
        return counted, self._count.behind_ms(self._client) if counted >= AT_ONCE else 0
