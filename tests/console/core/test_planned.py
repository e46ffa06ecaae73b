"""A plan is held against what was stored."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from collector.core.plans import read_plan
from console.core.planned import findings, held_against, part_of

PLAN = {
    "mode": "reject",
    "events": {
        "Signed Up": {
            "description": "An account.",
            "schema": {
                "required": ["plan"],
                "properties": {"plan": {"enum": ["pro"], "description": "Which."}, "seats": {"type": "integer"}},
            },
        },
        "page_view": {"mode": False},
    },
}


def row(kind, name, events, day=1):
    return {"kind": kind, "name": name, "events": events, "last": datetime(2026, 1, day, tzinfo=UTC)}


def test_each_planned_event_says_what_came_of_it_and_the_others_are_listed():
    rows = [row("custom", "Signed Up", 3), row("page_view", "Home", 2), row("page_view", "", 5, 2), row("custom", "Other", 1)]
    held = held_against(PLAN, rows)
    assert [(one.name, one.mode, one.events) for one in held.planned] == [("Signed Up", "reject", 3), ("page_view", "off", 7)]
    assert held.planned[1].last.day == 2
    assert [(one.name, one.must_be, one.required, one.description) for one in held.planned[0].properties] == [
        ("plan", "one of pro", True, "Which."),
        ("seats", "integer", False, ""),
    ]
    assert held.unplanned == [rows[3]]


def test_what_breaks_a_plan_is_counted_among_those_that_were_looked_at():
    sample = [
        ("Signed Up", "custom", {}),
        ("Signed Up", "custom", {"plan": "planted"}),
        ("Signed Up", "custom", {"plan": "pro"}),
        ("", "page_view", {}),
    ]
    found = findings(read_plan(PLAN), sample)
    assert [(one.event, one.place, one.rule, one.events, one.looked) for one in found] == [
        ("Signed Up", "properties", "plan is missing", 1, 3),
        ("Signed Up", "properties.plan", "enum must be ['pro']", 1, 3),
    ]
    assert "planted" not in repr(found)
    assert [one.event for one in findings(read_plan(PLAN | {"unplanned": "warn"}), [("Other", "custom", {})])] == ["Other"]


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_a_sample_stays_small_and_little_is_read_for_it(events, more):
    part = part_of(events, events + more)
    assert events / part <= 50_000
    assert (events + more) / part <= 200_000
    assert part == 1 or max(events / 50_000, (events + more) / 200_000) > part - 1
