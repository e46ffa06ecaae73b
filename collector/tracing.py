"""Requests that are followed: each sampled one is a span, and so is the flush that makes it durable."""

from collections.abc import Coroutine, Mapping, Sequence
from functools import partial
from typing import Any

from collector.ports import Delivery, Done, Publication, Spooled
from schemas.tracing import Span, Tracer, following


def followed(tracer: Tracer, publication: Publication, done: Done) -> Done:
    """Begin the span of a request: its publication carries it, and the `done` that is returned ends it."""
    span = tracer.start("collector request")
    publication.traces = {partition: [span.context] for partition in publication.events}
    return partial(_end, span, done)


def _end(span: Span, done: Done, error: BaseException | None) -> None:
    span.end(type(error).__name__ if error is not None else "")
    done(error)


class TracedDelivery:
    """A `Delivery` over another one: a flush with requests that are followed is a span, and its records carry that on."""

    def __init__(self, delivery: Delivery, tracer: Tracer) -> None:
        self._delivery = delivery
        self._tracer = tracer
        self.connect, self.keep, self.probe, self.close = delivery.connect, delivery.keep, delivery.probe, delivery.close

    @property
    def spooled(self) -> Spooled:
        """What is durable only on this machine's disk."""
        return self._delivery.spooled

    def deliver(self, publication: Publication) -> Coroutine[Any, Any, None]:
        """Return once every record is durable; see the port. A flush that nobody follows goes the shortest way."""
        return self._followed(publication, publication.traces) if publication.traces else self._delivery.deliver(publication)

    async def _followed(self, publication: Publication, traces: Mapping[int, Sequence[bytes]]) -> None:
        with following(self._tracer, "collector flush", _causes(traces)) as span:
            if span is not None:
                publication.traces = {partition: [span.context] for partition in traces}
            await self._delivery.deliver(publication)


def _causes(traces: Mapping[int, Sequence[bytes]]) -> Sequence[bytes]:
    """The contexts of all requests of a flush, each once."""
    return list(dict.fromkeys(context for contexts in traces.values() for context in contexts))
