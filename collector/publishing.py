"""The way of every outcome to the publisher: bounded, counted and timed."""

import time
from functools import partial

from collector.budget import Budget, Hold
from collector.handlers import Outcome
from collector.metrics import Metrics
from collector.patience import Patience
from collector.ports import Done, Publication, Publisher, settled
from collector.tracing import followed
from schemas import codec
from schemas.errors import Retryable
from schemas.tracing import Tracer

SAMPLED = 16
"""One request of so many tells how far its client's clock is off."""


class Publishing:
    """A publisher under a budget of bytes. `waiting` requests are not acknowledged yet."""

    def __init__(self, publisher: Publisher, metrics: Metrics, *, limit: int, tracer: Tracer | None = None) -> None:
        self._publisher = publisher
        self._tracer = tracer
        self._patience = Patience(publisher)
        self._metrics = metrics
        self.budget = Budget(limit)
        self.waiting = 0
        self._taken = 0
        self._last = time.monotonic()
        metrics.bytes_in_flight.set_function(lambda: self.budget.held)

    def idle_s(self) -> float:
        """Return the seconds since the last event, 0 while one waits."""
        return 0.0 if self.waiting else round(time.monotonic() - self._last, 3)

    @property
    def lag(self) -> int:
        """Requests not acknowledged yet, and records that are in the spool only."""
        return self.waiting + self._publisher.spooled.count

    def submit(self, outcome: Outcome, hold: Hold, done: Done, *, patient: bool = True) -> None:
        """Call `done` once what the outcome writes is durable and counted, with Retryable when it is not.

        Who is not `patient` waits for Kafka for a moment only (see `collector.patience`).
        """
        publication = outcome.publication
        if publication is None:
            self._metrics.count(outcome)
            done(None)
        elif hold.take(publication.size):
            self.submit_taken(publication, partial(self._settle, outcome, time.monotonic(), done), patient=patient)
        else:
            done(Retryable("The collector holds as many events as it may. Send them again later."))

    def submit_taken(self, publication: Publication, done: Done, *, patient: bool = True) -> None:
        """Call `done` once a publication is durable or not; its bytes are held, and whoever is called says `settled`."""
        self.waiting += 1
        self._taken += 1
        if self._taken % SAMPLED == 1:
            self._observe_skew(publication)
        if self._tracer is not None and self._tracer.sample():
            done = followed(self._tracer, publication, done)
        (self._publisher if patient else self._patience).submit(publication, done)

    async def is_durable(self, outcome: Outcome, entry: str, *, patient: bool = True) -> bool:
        """Return once what the outcome writes is durable; False when it cannot be, which is counted for the entry."""
        with self.budget.hold() as hold:
            try:
                await settled(partial(self.submit, outcome, hold, patient=patient))
            except Retryable:
                self._metrics.not_durable.add((entry,))
                return False
        return True

    def settled(self, since: float, error: BaseException | None) -> None:
        """Count a publication that was submitted at `since`, in seconds of the monotonic clock."""
        self.waiting -= 1
        self._last = time.monotonic()
        if error is None:
            self._metrics.ack_seconds.observe(self._last - since)

    def _observe_skew(self, publication: Publication) -> None:
        lines = next(iter(publication.events.values()), ())
        event = codec.loads(lines[0]) if lines else {}
        sent_at = codec.parse_time(event.get("sent_at"))
        if sent_at is not None and "historical" not in event:
            self._metrics.skew_seconds.observe(abs(event["received_at"] - sent_at) / 1000)

    def _settle(self, outcome: Outcome, since: float, done: Done, error: BaseException | None) -> None:
        self.settled(since, error)
        if error is None:
            self._metrics.count(outcome)
        done(error)
