"""The way of every outcome to the publisher: bounded, counted and timed."""

import time

from collector.budget import Budget, Hold
from collector.handlers import Outcome
from collector.metrics import Metrics
from collector.ports import Publisher, publish
from schemas.errors import Retryable


class Publishing:
    """A publisher under a budget of bytes. `waiting` requests are not acknowledged yet."""

    def __init__(self, publisher: Publisher, metrics: Metrics, *, limit: int) -> None:
        self._publisher = publisher
        self._metrics = metrics
        self.budget = Budget(limit)
        self.waiting = 0
        self._last = time.monotonic()
        metrics.bytes_in_flight.set_function(lambda: self.budget.held)

    def idle_s(self) -> float:
        """Return the seconds since the last event, 0 while one waits."""
        return 0.0 if self.waiting else round(time.monotonic() - self._last, 3)

    async def publish(self, outcome: Outcome, hold: Hold) -> None:
        """Return once what the outcome writes is durable, and count it; raises Retryable when it is not."""
        publication = outcome.publication
        if publication is not None:
            if not hold.take(publication.size):
                raise Retryable("The collector holds as many events as it may. Send them again later.")
            started = time.perf_counter()
            self.waiting += 1
            try:
                await publish(self._publisher, publication)
            finally:
                self.waiting -= 1
                self._last = time.monotonic()
            self._metrics.ack_seconds.observe(time.perf_counter() - started)
        self._metrics.count(outcome)
