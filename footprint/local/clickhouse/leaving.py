"""Clients that leave: the query that only they wanted is ended."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

AGAIN_S = 0.1
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


class Leaving:
    """Watches one request's client from construction until `close`, and calls `cancel` for as long as it is gone.

    More than once, because a query may only be about to begin.
    """

    def __init__(self, receive: Receive, cancel: Callable[[], None]) -> None:
        self._receive = receive
        self._cancel = cancel
        self._task = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        while True:
            await asyncio.to_thread(self._cancel)
            await asyncio.sleep(AGAIN_S)

    def close(self) -> None:
        """Stop watching: the query has ended."""
        self._task.cancel()
