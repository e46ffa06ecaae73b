"""Traces by OpenTelemetry, sent as OTLP over HTTP; its packages are imported only where tracing is switched on."""

import random
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from footprint.settings import Settings
from schemas.errors import Misconfigured
from schemas.tracing import Tracer

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span as OtelSpan
    from opentelemetry.trace import SpanContext

CONTEXT = re.compile(rb"00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")
MAX_CAUSES = 64
"""Requests of a flush that its span names; the trace of the first goes on in any case."""
SEND_S = 5.0
"""Longest wait for whoever takes spans."""
SEND_EACH_MS, SEND_SOON_MS = 5000.0, 500.0
"""A request to whoever takes spans costs as much as a hundred spans. Who follows half of all requests is looking at them now."""


def tracer_of(settings: Settings, part: str) -> Tracer | None:
    """Return what follows requests through this part, None where FOOTPRINT_TRACING_SHARE is 0.

    Raises Misconfigured where OpenTelemetry is not installed.
    """
    if not settings.tracing_share:
        return None
    try:
        share = settings.tracing_share
        return OpenTelemetry(_provider(settings.tracing_url, part, SEND_EACH_MS if share < 0.5 else SEND_SOON_MS), share)
    except ImportError:
        raise Misconfigured(
            "FOOTPRINT_TRACING_SHARE needs OpenTelemetry, which is not installed. Install footprint[tracing], or set it to 0."
        ) from None


def _provider(url: str, part: str, every_ms: float) -> "TracerProvider":
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - an extra
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - an extra
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - an extra
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - an extra

    provider = TracerProvider(resource=Resource.create({"service.name": f"footprint-{part}"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=url, timeout=SEND_S), schedule_delay_millis=every_ms))
    return provider


class OpenTelemetry:
    """A `Tracer` of `schemas.tracing`. What is written down leaves in a thread, and is dropped when nobody takes it."""

    def __init__(self, provider: "TracerProvider", share: float) -> None:
        self._tracer = provider.get_tracer("footprint")
        self._share = share
        self._random = random.random

    def sample(self) -> bool:
        """True for that share of the calls."""
        return self._random() < self._share

    def start(self, name: str, causes: Sequence[bytes] = ()) -> "Span":
        """Begin a span: of the first cause's trace, linked to those of the others."""
        from opentelemetry.trace import Link, NonRecordingSpan, set_span_in_context  # noqa: PLC0415 - an extra

        known = [context for context in map(_read, causes[:MAX_CAUSES]) if context is not None]
        parent = set_span_in_context(NonRecordingSpan(known[0])) if known else None
        return Span(self._tracer.start_span(name, context=parent, links=[Link(context) for context in known[1:]]))


class Span:
    """A `Span` of `schemas.tracing`."""

    def __init__(self, span: "OtelSpan") -> None:
        self._span = span
        told = span.get_span_context()
        self.context = b"00-%032x-%016x-%02x" % (told.trace_id, told.span_id, told.trace_flags)

    def end(self, problem: str = "") -> None:
        """It is over."""
        if problem:
            self._span.set_attribute("error.type", problem)
        self._span.end()


def _read(context: bytes) -> "SpanContext | None":
    from opentelemetry.trace import SpanContext, TraceFlags  # noqa: PLC0415 - an extra

    found = CONTEXT.fullmatch(context)
    if found is None:
        return None
    return SpanContext(int(found[1], 16), int(found[2], 16), is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))
