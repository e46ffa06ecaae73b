"""The way of every outcome to the publisher: bounded, counted and timed."""

import time
from functools import partial

from collector.budget import Budget, Hold
from collector.handlers import Outcome
from collector.metrics import Metrics
from collector.ports import Done, Publisher
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

    @property
    def lag(self) -> int:
        """Requests not acknowledged yet, and records that are in the spool only."""
        return self.waiting + self._publisher.spooled.count

    def submit(self, outcome: Outcome, hold: Hold, done: Done) -> None:
        """Call `done` once what the outcome writes is durable and counted, with Retryable when it is not."""
        publication = outcome.publication
        if publication is None:
            self._metrics.count(outcome)
            done(None)
        elif hold.take(publication.size):
            started = time.monotonic()
            self.waiting += 1
            self._publisher.submit(publication, partial(self._settle, outcome, started, done))
        else:
            done(Retryable("The collector holds as many events as it may. Send them again later."))

    def _settle(self, outcome: Outcome, started: float, done: Done, error: BaseException | None) -> None:
        self.waiting -= 1
        self._last = time.monotonic()
        if error is None:
            self._metrics.ack_seconds.observe(self._last - started)
            self._metrics.count(outcome)
        done(error)
