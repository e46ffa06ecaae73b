"""The profiles topic, followed into the cache of this process from the first question on."""

import asyncio
import math
import time
from contextlib import suppress
from pathlib import Path

import structlog

from collector.opt_outs import RETRY_S, STALE_S
from collector.ports import Follows
from collector.profile_cache import ProfileCache
from schemas.errors import Retryable

log = structlog.get_logger()


class ProfileFeed:
    """What this process knows of profiles. A lost connection begins a new cache, which is taken when it is whole.

    It follows once somebody may ask: `eager` from the start, else from the first question.
    """

    def __init__(self, topic: Follows | None, folder: Path | None, *, eager: bool = False) -> None:
        self._topic = topic
        self._folder = folder
        self._eager = eager
        self._cache: ProfileCache | None = None
        self._confirmed = -math.inf
        self._said = ""
        self._started = False
        self._task: asyncio.Task[None] | None = None

    @property
    def now(self) -> ProfileCache | None:
        """The cache, None when it may not be what the topic says; a first question begins to follow."""
        self._follow()
        return self._cache if time.monotonic() - self._confirmed < STALE_S else None

    async def start(self) -> None:
        """Let it follow, now or from the first question on."""
        self._started = True
        if self._eager:
            self._follow()

    async def stop(self) -> None:
        """Follow no more."""
        self._started = False
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        self._take(None)

    def _follow(self) -> None:
        if self._task is None and self._started and self._topic is not None and self._folder is not None:
            self._task = asyncio.create_task(self._run(self._topic, self._folder))

    async def _run(self, topic: Follows, folder: Path) -> None:
        while True:
            try:
                await self._read(topic, ProfileCache(folder))
            except (Retryable, OSError) as error:
                if self._said != str(error):  # once for each outage
                    log.warning("profiles_not_read", reason=str(error))
                self._said = str(error)
            await asyncio.sleep(RETRY_S)

    async def _read(self, topic: Follows, coming: ProfileCache) -> None:
        def whole() -> None:
            self._confirmed, self._said = time.monotonic(), ""
            if self._cache is not coming:
                self._take(coming)

        try:
            await topic.follow(coming.put, whole)
        finally:
            if self._cache is not coming:
                coming.close()

    def _take(self, cache: ProfileCache | None) -> None:
        before, self._cache = self._cache, cache
        if before is not None:
            before.close()
