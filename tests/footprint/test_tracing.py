"""Traces: off unless asked for, one trace from cause to cause, and nothing that a stranger writes in a header breaks it."""

import sys

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from collector.ports import Publication, Spooled
from collector.tracing import TracedDelivery, followed
from footprint.settings import Settings
from footprint.tracing import MAX_CAUSES, OpenTelemetry, tracer_of
from schemas.errors import Misconfigured
from schemas.tracing import carried, following


@pytest.fixture
def written():
    return InMemorySpanExporter()


@pytest.fixture
def tracer(written):
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(written))
    return OpenTelemetry(provider, 1.0)


class Delivery:
    spooled = Spooled()

    def __init__(self, error=None):
        self.delivered, self.error = [], error

    async def deliver(self, publication):
        self.delivered.append(publication)
        if self.error:
            raise self.error

    async def nothing(self, *_):
        """Connect, keep, probe, close."""

    connect = keep = probe = close = nothing


def test_nobody_is_followed_unless_asked_for():
    assert tracer_of(Settings(), "sink") is None


def test_without_the_packages_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(Misconfigured, match=r"footprint\[tracing\]"):
        tracer_of(Settings(tracing_share=0.01), "sink")


def test_the_share_is_that_of_the_requests(tracer):
    draws = iter([0.0, 0.009, 0.01, 0.5])
    tracer._share, tracer._random = 0.01, lambda: next(draws)
    assert [tracer.sample() for _ in range(4)] == [True, True, False, False]


def test_a_span_goes_on_with_its_first_cause_and_names_the_others(tracer, written):
    first, second = tracer.start("a"), tracer.start("b")
    next_ = tracer.start("c", [first.context, second.context])
    for span in (first, second, next_):
        span.end()
    a, b, c = written.get_finished_spans()
    assert (c.context.trace_id, c.parent.span_id) == (a.context.trace_id, a.context.span_id)
    assert [link.context.span_id for link in c.links] == [b.context.span_id]


@pytest.mark.parametrize("wrong", [b"", b"junk", b"00-" + b"0" * 32, b"\xff" * 55])
def test_a_context_that_cannot_be_read_begins_a_trace_of_its_own(tracer, written, wrong):
    tracer.start("a", [wrong]).end()
    assert written.get_finished_spans()[0].parent is None


def test_a_flush_names_a_bounded_number_of_requests(tracer, written):
    tracer.start("flush", [tracer.start("request").context for _ in range(3 * MAX_CAUSES)]).end()
    assert len(written.get_finished_spans()[0].links) == MAX_CAUSES - 1


async def test_the_records_of_a_flush_carry_its_span_in_the_partitions_of_those_who_are_followed(tracer, written):
    told = []
    publication = Publication({0: [b"{}"], 2: [b"{}"]})
    done = followed(tracer, publication, told.append)
    inner = Delivery()
    await TracedDelivery(inner, tracer).deliver(Publication({0: [b"{}"], 1: [b"{}"], 2: [b"{}"]}, (), publication.traces))
    done(None)
    flush, request = written.get_finished_spans()
    assert told == [None]
    assert (flush.name, flush.parent.span_id) == ("collector flush", request.context.span_id)
    assert set(inner.delivered[0].traces) == {0, 2}
    assert b"%016x" % flush.context.span_id in inner.delivered[0].traces[2][0]


async def test_a_flush_that_nobody_is_followed_in_is_no_span(tracer, written):
    inner = Delivery()
    await TracedDelivery(inner, tracer).deliver(Publication({0: [b"{}"]}))
    assert (written.get_finished_spans(), inner.delivered[0].traces) == ((), None)


async def test_a_failure_is_written_down_and_goes_on(tracer, written):
    context = tracer.start("request").context
    with pytest.raises(ValueError, match="broken"):
        await TracedDelivery(Delivery(ValueError("broken")), tracer).deliver(Publication({0: [b"{}"]}, (), {0: [context]}))
    assert written.get_finished_spans()[0].attributes["error.type"] == "ValueError"


def test_a_stage_without_a_tracer_follows_nothing():
    with following(None, "sink insert", [b"context"]) as span:
        assert span is None


def test_a_record_tells_its_trace_among_its_other_headers():
    assert carried((("from", b"visitors/1"), ("traceparent", b"00-..."))) == b"00-..."
    assert carried(None) is None
