"""How a part starts: each of its drivers as often as it takes, while `/ready` says what it waits for."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

from schemas.errors import Retryable

log = structlog.get_logger(__name__)

START_RETRY_S = 0.5


class Starting:
    """The start of one part. `trouble` is what it waits for; `event` names that in the log, once for each trouble."""

    def __init__(self, event: str) -> None:
        self._event = event
        self.trouble = "starting"

    async def until_up(self, attempt: Callable[[], Awaitable[None]], stop: asyncio.Event) -> bool:
        """Attempt until it works; False when asked to stop before that."""
        while not stop.is_set():
            try:
                await attempt()
            except Retryable as error:
                if self.trouble != str(error):
                    log.warning(self._event, reason=str(error))
                self.trouble = str(error)
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), START_RETRY_S)
            else:
                return True
        return False


async def cancel(task: "asyncio.Task[None]") -> None:
    """End a task and wait for its end."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
