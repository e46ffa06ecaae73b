"""Traces: off unless asked for, one trace from cause to cause, and nothing that a stranger writes in a header breaks it."""

import math
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.ports import Publication, Spooled
from collector.tracing import TracedDelivery, followed
from footprint.settings import Settings
from footprint.tracing import MAX_CAUSES, Sampling, gap, tracer_of
from schemas.errors import Misconfigured
from schemas.tracing import carried, following


@pytest.fixture
def written():
    return []


@pytest.fixture
def tracer(written):
    return Sampling(written.append, 1.0)


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
    monkeypatch.setitem(sys.modules, "opentelemetry.proto.collector.trace.v1.trace_service_pb2", None)
    monkeypatch.delitem(sys.modules, "footprint.otlp", raising=False)
    with pytest.raises(Misconfigured, match=r"footprint\[tracing\]"):
        tracer_of(Settings(tracing_share=0.01), "sink")


def test_a_draw_says_how_many_requests_it_is_until_the_next_that_is_followed():
    draws = iter([0.0, 0.6, 0.0, 0.0])
    tracer = Sampling([].append, 0.5, draw=lambda: next(draws))
    assert [tracer.sample() for _ in range(4)] == [True, False, True, True]


@given(share=st.floats(1e-6, 0.999), number=st.integers(1, 500), inside=st.floats(0.01, 0.99))
def test_gaps_are_as_long_as_those_of_a_draw_for_each_request(share, number, inside):
    """Of independent draws the first success is the n-th with probability share * (1 - share) ** (n - 1)."""
    before = -math.expm1((number - 1) * math.log1p(-share))
    drawn = before + inside * share * (1 - share) ** (number - 1)
    if drawn < 1 - 1e-9:
        assert abs(gap(drawn, share) - number) <= (drawn > 1 - 1e-4)


def test_where_every_request_is_followed_no_call_is_left_out(tracer):
    assert all(tracer.sample() for _ in range(1000))


def test_a_span_goes_on_with_its_first_cause_and_names_the_others(tracer, written):
    first, second = tracer.start("a"), tracer.start("b")
    next_ = tracer.start("c", [first.context, second.context])
    for span in (first, second, next_):
        span.end()
    a, b, c = written
    assert (c.trace, c.parent) == (a.trace, a.span)
    assert c.links == ((b.trace, b.span),)


@pytest.mark.parametrize("wrong", [b"", b"junk", b"00-" + b"0" * 32, b"\xff" * 55])
def test_a_context_that_cannot_be_read_begins_a_trace_of_its_own(tracer, written, wrong):
    tracer.start("a", [wrong]).end()
    assert written[0].parent == 0


def test_a_flush_names_a_bounded_number_of_requests(tracer, written):
    tracer.start("flush", [tracer.start("request").context for _ in range(3 * MAX_CAUSES)]).end()
    assert len(written[0].links) == MAX_CAUSES - 1


async def test_the_records_of_a_flush_carry_its_span_in_the_partitions_of_those_who_are_followed(tracer, written):
    told = []
    publication = Publication({0: [b"{}"], 2: [b"{}"]})
    done = followed(tracer, publication, told.append)
    inner = Delivery()
    await TracedDelivery(inner, tracer).deliver(Publication({0: [b"{}"], 1: [b"{}"], 2: [b"{}"]}, (), publication.traces))
    done(None)
    flush, request = written
    assert told == [None]
    assert (flush.name, flush.parent) == ("collector flush", request.span)
    assert set(inner.delivered[0].traces) == {0, 2}
    assert b"%016x" % flush.span in inner.delivered[0].traces[2][0]


async def test_a_flush_that_nobody_is_followed_in_is_no_span(tracer, written):
    inner = Delivery()
    await TracedDelivery(inner, tracer).deliver(Publication({0: [b"{}"]}))
    assert (written, inner.delivered[0].traces) == ([], None)


async def test_a_failure_is_written_down_and_goes_on(tracer, written):
    context = tracer.start("request").context
    with pytest.raises(ValueError, match="broken"):
        await TracedDelivery(Delivery(ValueError("broken")), tracer).deliver(Publication({0: [b"{}"]}, (), {0: [context]}))
    assert written[0].problem == "ValueError"


def test_a_stage_without_a_tracer_follows_nothing():
    with following(None, "sink insert", [b"context"]) as span:
        assert span is None


def test_a_record_tells_its_trace_among_its_other_headers():
    assert carried((("from", b"visitors/1"), ("traceparent", b"00-..."))) == b"00-..."
    assert carried(None) is None
