"""Traces that follow an event from its request to its row: what stages know of them (docs/decisions/0027-traces.md).

A context is what W3C calls a `traceparent`, as bytes. It travels in a header of that name with records of Kafka. A stage without a
tracer neither looks for one nor carries one on.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

HEADER = "traceparent"


class Span(Protocol):
    """Something that takes a while and is written down."""

    @property
    def context(self) -> bytes:
        """What whoever continues the trace must be told."""

    def end(self, problem: str = "") -> None:
        """It is over; `problem` says why it failed. Returns at once: what was written down is sent later."""


class Tracer(Protocol):
    """Writes spans down. It never raises, and never waits."""

    def sample(self) -> bool:
        """True when the next request is one of those to be followed."""

    def start(self, name: str, causes: Sequence[bytes] = ()) -> Span:
        """Begin a span: of the first cause's trace, linked to those of the others; of a new trace without a cause."""


def carried(headers: Iterable[tuple[str, bytes]] | None) -> bytes | None:
    """Return the context that a record carries."""
    for name, value in headers or ():
        if name == HEADER:
            return value
    return None


@contextmanager
def following(tracer: Tracer | None, name: str, causes: Sequence[bytes]) -> Iterator[Span | None]:
    """Write down what is done inside, where there is a tracer and something to follow."""
    if tracer is None or not causes:
        yield None
        return
    span = tracer.start(name, causes)
    try:
        yield span
    except BaseException as error:
        span.end(type(error).__name__)
        raise
    span.end()
