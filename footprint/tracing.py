"""Traces: which requests are followed, and the spans that are written down of them (docs/decisions/0027-traces.md)."""

import math
import random
import re
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from footprint.settings import Settings
from schemas.errors import Misconfigured
from schemas.tracing import Tracer

CONTEXT = re.compile(rb"00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")
MAX_CAUSES = 64
"""Requests of a flush that its span names; the trace of the first goes on in any case."""
SEND_EACH_S, SEND_SOON_S = 5.0, 0.5
"""A request to whoever takes spans costs as much as hundreds of them. Who follows half of all requests is looking at them now."""

Context = tuple[int, int]
"""Trace and span."""


class Written(NamedTuple):
    """A span that is over. Ids as numbers, `parent` 0: none; `links`: trace and span of its other causes; Unix nanoseconds."""

    name: str
    trace: int
    span: int
    parent: int
    links: tuple[Context, ...]
    began_ns: int
    ended_ns: int
    problem: str


def tracer_of(settings: Settings, part: str) -> Tracer | None:
    """Return what follows requests through this part, None where FOOTPRINT_TRACING_SHARE is 0.

    Raises Misconfigured where what sends spans is not installed.
    """
    share = settings.tracing_share
    if not share:
        return None
    try:
        from footprint.otlp import Sender  # noqa: PLC0415 - an extra
    except ImportError:
        raise Misconfigured(
            "FOOTPRINT_TRACING_SHARE needs opentelemetry-proto, which is not installed. Install footprint[tracing], or set it to 0."
        ) from None
    sender = Sender(settings.tracing_url, f"footprint-{part}", every_s=SEND_EACH_S if share < 0.5 else SEND_SOON_S)
    return Sampling(sender.put, share)


class Sampling:
    """A `Tracer` of `schemas.tracing` that follows a share of the requests; `put` takes the spans that are over."""

    def __init__(self, put: Callable[[Written], None], share: float, *, draw: Callable[[], float] = random.random) -> None:
        self._put = put
        self._share = share
        self._draw = draw
        self._left = gap(draw(), share)

    def sample(self) -> bool:
        """True for that share of the calls, each by chance: one draw says how many calls it is until the next."""
        self._left -= 1
        if self._left:
            return False
        self._left = gap(self._draw(), self._share)
        return True

    def start(self, name: str, causes: Sequence[bytes] = ()) -> "Span":
        """Begin a span: of the first cause's trace, linked to those of the others."""
        known = [context for context in map(read, causes[:MAX_CAUSES]) if context is not None]
        return Span(self._put, name, known)


class Span:
    """A `Span` of `schemas.tracing`."""

    __slots__ = ("_began_ns", "_known", "_name", "_own", "_put", "context")

    def __init__(self, put: Callable[[Written], None], name: str, known: Sequence[Context]) -> None:
        self._put, self._name, self._known = put, name, known
        self._own = (known[0][0] if known else random.getrandbits(128) or 1, random.getrandbits(64) or 1)
        self.context = b"00-%032x-%016x-01" % self._own
        self._began_ns = time.time_ns()

    def end(self, problem: str = "") -> None:
        """It is over."""
        parent = self._known[0][1] if self._known else 0
        self._put(Written(self._name, *self._own, parent, tuple(self._known[1:]), self._began_ns, time.time_ns(), problem))


def gap(drawn: float, share: float) -> int:
    """Return after how many calls the next one is followed, when each is with probability `share`.

    The inverse of the geometric distribution, for a number drawn from 0 up to 1.
    """
    return 1 if share >= 1 else 1 + int(math.log1p(-drawn) / math.log1p(-share))


def read(context: bytes) -> Context | None:
    """Return trace and span of a `traceparent`, None where it is none."""
    found = CONTEXT.fullmatch(context)
    return (int(found[1], 16), int(found[2], 16)) if found else None
