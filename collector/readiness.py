"""Readiness from a background probe, never from traffic: a collector without visitors is ready too."""

import asyncio
from contextlib import suppress

import structlog

from collector.ports import Publisher
from schemas.errors import Retryable

log = structlog.get_logger()

INTERVAL_S = 1.0


class Readiness:
    """Whether events could be made durable at the last probe."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self._task: asyncio.Task[None] | None = None
        self.ready = False
        self.kafka = "starting"
        """`ok`, or what is to be known, for people."""

    async def start(self) -> None:
        """Probe once, then every second in the background."""
        await self._probe()
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop probing; from now on not ready."""
        self.ready = False
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(INTERVAL_S)
            await self._probe()

    async def _probe(self) -> None:
        try:
            said = await self._publisher.probe()
            found = True
        except Retryable as error:
            said, found = str(error), False
        if found is not self.ready:
            log.warning("collector_ready" if found else "collector_not_ready", kafka=said)
        self.ready, self.kafka = found, said
