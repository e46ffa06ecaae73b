"""Keeps an import below so many events a second."""

import asyncio
from collections.abc import Callable


class Pace:
    """`rate` events a second on average, 0: as fast as they are taken. `clock` is monotonic seconds."""

    def __init__(self, rate: float, clock: Callable[[], float]) -> None:
        self._rate, self._clock = rate, clock
        self._free_at = 0.0

    def delay(self, events: int) -> float:
        """Return how many seconds to wait before `events` more may go, and book them."""
        if not self._rate:
            return 0.0
        start = max(self._clock(), self._free_at)
        self._free_at = start + events / self._rate
        return start - self._clock()

    async def wait(self, events: int) -> None:
        """Wait for the turn of `events` more."""
        await asyncio.sleep(self.delay(events))
