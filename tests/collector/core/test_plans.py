"""Tracking plans: which events they let pass, and what they say about the others."""

from collections import Counter

import pytest
from hypothesis import given

from collector.core.accept import Accepted, accept
from collector.core.answers import DISCARDED as SETTLED
from collector.core.drafts import Arrival
from collector.core.plans import InvalidPlan, PlanWarning, read_plan
from collector.core.sites import SiteRules
from collector.handlers import Outcome
from collector.metrics import Metrics
from schemas.rejections import Reason, Rejection
from tests.collector.core.test_accept import values

SIGNED_UP = {
    "type": "object",
    "required": ["plan"],
    "properties": {"plan": {"enum": ["free", "pro"]}, "seats": {"type": "integer", "minimum": 1}},
    "additionalProperties": False,
}


def plan(mode="reject", **more):
    return read_plan(
        {"mode": mode, "events": {"Signed Up": {"schema": SIGNED_UP}, "page_view": {"mode": "warn", "schema": {"required": ["section"]}}}}
        | more
    )


def run(rules, **message):
    message = {"type": "track", "event": "Signed Up", "anonymousId": "visitor-1"} | message
    return accept(message, Arrival(SiteRules("shop", plan=rules), 1), index=0, new_id=lambda: "made")


@pytest.mark.parametrize(
    ("properties", "told", "rule"),
    [
        ({}, "plan is missing", "required"),
        ({"plan": "planted"}, "`properties.plan` breaks the tracking plan: enum must be ['free', 'pro']", "enum"),
        ({"plan": "pro", "seats": 0}, "`properties.seats` breaks the tracking plan: minimum must be 1", "minimum"),
        ({"plan": "pro", "planted": 1}, "the rule `additionalProperties` does not hold", "additionalProperties"),
    ],
)
def test_an_event_that_breaks_the_plan_is_turned_away_or_counted(properties, told, rule):
    rejected = run(plan(), properties=properties)
    assert isinstance(rejected, Rejection)
    assert rejected.reason is Reason.PLAN_VIOLATION
    assert told in rejected.message
    assert "planted" not in rejected.message
    warned = run(plan("warn"), properties=properties)
    assert isinstance(warned, Accepted)
    assert warned.warnings == (PlanWarning("shop", "Signed Up", rule),)
    assert run(plan("off"), properties=properties).warnings == ()


def test_an_event_that_follows_the_plan_passes():
    assert run(plan(), properties={"plan": "pro", "seats": 3}).warnings == ()


def test_an_event_without_a_name_is_found_by_its_kind():
    assert run(plan(), type="page", event=None).warnings == (PlanWarning("shop", "page_view", "required"),)
    assert run(plan(), type="page", event=None, properties={"section": "a"}).warnings == ()


def test_unplanned_events_are_what_the_plan_says():
    assert run(plan(), event="Other").warnings == ()
    assert run(plan(unplanned="warn"), event="Other").warnings == (PlanWarning("shop", "", "unplanned"),), (
        "a name that somebody sent is no label"
    )
    assert run(plan(unplanned="reject"), event="Other").reason is Reason.PLAN_VIOLATION
    assert run(plan(unplanned=False), event="Other").warnings == ()  # how YAML reads `off`


RECURSIVE = {"$ref": "#/$defs/t", "$defs": {"t": {"additionalProperties": {"$ref": "#/$defs/t"}}}}
PLANS = [plan(), read_plan({"mode": "reject", "events": {"Signed Up": {"schema": RECURSIVE}}})]


@given(values)
def test_no_properties_make_a_plan_fail(value):
    for rules in PLANS:
        assert isinstance(run(rules, properties={"plan": value, "x": value}), Accepted | Rejection)


def test_a_value_nested_deeper_than_a_recursive_plan_can_follow_is_a_violation():
    nested = value = {}
    for _ in range(190):
        value["x"] = {}
        value = value["x"]
    found = run(PLANS[1], properties=nested)
    assert isinstance(found, Accepted) or found.reason is Reason.PLAN_VIOLATION


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (None, "events"),
        ([], "events"),
        ({"events": []}, "events"),
        ({"events": {}, "extra": 1}, "extra"),
        ({"events": {}, "mode": "loud"}, "mode"),
        ({"events": {}, "unplanned": 3}, "unplanned"),
        ({"events": {"a": 7}}, "events.a"),
        ({"events": {"a": {"mode": "loud"}}}, "events.a.mode"),
        ({"events": {"a": {"shema": {}}}}, "events.a"),
        ({"events": {"a": {"schema": {"type": 7}}}}, "events.a.schema.type"),
        ({"events": {"a": {"schema": {"properties": {"b": {"minimum": "1"}}}}}}, "events.a.schema.properties.b.minimum"),
        ({"events": {"a": {"schema": {"$ref": "#/$defs/missing"}}}}, "#/$defs/missing"),
        ({"events": {"a": {"schema": {"$ref": "https://elsewhere.example/schema.json"}}}}, "elsewhere"),
    ],
)
def test_a_plan_that_cannot_be_used_says_where_it_is_wrong(content, place):
    with pytest.raises(InvalidPlan, match=place.replace("$", r"\$")):
        read_plan(content)


def test_a_warning_is_counted_as_a_flaw_and_by_site_entry_and_rule():
    metrics = Metrics()
    warned = Outcome(SETTLED, warnings=Counter([PlanWarning("shop", "Signed Up", "enum")] * 2 + ["junk_id"]))
    metrics.count(warned)
    found = metrics.registry.get_sample_value
    assert found("footprint_collector_plan_warnings_total", {"site": "shop", "event": "Signed Up", "rule": "enum"}) == 2
    assert found("footprint_collector_events_warned_total", {"flaw": "plan_violation"}) == 2
    assert found("footprint_collector_events_warned_total", {"flaw": "junk_id"}) == 1
