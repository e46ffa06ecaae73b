"""A `forget` line takes everything that the streams keep about somebody."""

import pytest

from schemas.codec import loads
from schemas.topics import IDENTITIES, SCORES, TRACKED
from streams.core.forgetting import forget_line
from tests.streams.core.running import Line
from tests.streams.core.test_visitors import identify, live


@pytest.fixture
def line():
    """A visitor who became a customer, and another visitor."""
    line = Line()
    line.send(live("a", 0, "purchase", value=5.0), live("x", 0, "purchase", visitor="v2"))
    line.send(identify("b", 1000, "anna"))
    line.send(live("c", 2000, "form_submit"))
    line.settle()
    return line


def forget(line, **who):
    out = line.visitors.absorb(forget_line("demo", **who))
    line.records += out.records
    for (topic, partition), lines in out.lines.items():
        assert topic is TRACKED
        line.queues[partition] += lines
    line.settle()
    return out


def keys(line):
    return {key for agent in (line.visitors, *line.subjects) for key in agent.values}


def last(line, topic):
    return {record.key.decode(): record.value for record in line.records if record.topic is topic}


def test_the_state_of_visitor_and_customer_is_gone_and_nobody_elses(line):
    (customer,) = {loads(value)["customer_id"] for value in last(line, IDENTITIES).values()}
    assert {key for key in keys(line) if "v1" in key or customer in key}
    forget(line, visitor_id="v1", customer_id=customer)
    assert {key for key in keys(line) if "v1" in key or key.endswith(f":{customer}")} == set()
    assert {key for key in keys(line) if "v2" in key}


def test_what_is_published_as_a_current_state_gets_a_tombstone(line):
    (customer,) = {loads(value)["customer_id"] for value in last(line, IDENTITIES).values()}
    forget(line, visitor_id="v1", customer_id=customer)
    assert last(line, IDENTITIES) == {"demo:v1": None}
    scores = last(line, SCORES)
    assert {key for key, value in scores.items() if value is not None} == {"demo:v:v2:engagement", "demo:v:v2:lifecycle"}
    assert scores[f"demo:c:{customer}:engagement"] is None


def test_nothing_is_published_about_the_forgotten_when_their_sessions_would_have_ended(line):
    (customer,) = {loads(value)["customer_id"] for value in last(line, IDENTITIES).values()}
    forget(line, visitor_id="v1", customer_id=customer)
    before = len(line.records)
    line.finish(10_000_000_000_000)
    assert [record.key for record in line.records[before:] if b"v1" in record.key or customer.encode() in record.key] == []


def test_forgetting_somebody_unknown_or_twice_changes_nothing_else(line):
    before = keys(line)
    forget(line, visitor_id="nobody", customer_id="no one")
    forget(line, customer_id="no one")
    assert keys(line) == before


@pytest.mark.parametrize("wrong", [b'{"control":"forget",', b'{"control":"forget","site":1,"visitor_id":"","customer_id":"c"}'])
def test_a_line_that_cannot_be_read_forgets_nobody(line, wrong):
    before = keys(line)
    out = line.visitors.absorb(wrong)
    assert (out.records, out.lines, keys(line)) == ([], {}, before)
