"""Differences between plans are sentences, and what is stricter is marked."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.core.plans import read_plan
from console.core.plan_changes import changes, said

KIND = {"type": "string"}


def plan(schema=None, **more):
    return {"events": {"Signed Up": {"schema": schema or {}}}} | more


def of(**properties):
    return plan({"type": "object", "properties": properties})


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (plan(), plan(), []),
        (plan(), plan(unplanned="reject"), [("", "`unplanned` is reject instead of off", True)]),
        (plan(mode="reject"), plan(mode=False), [("", "`mode` is off instead of reject", False), ("Signed Up", "is off instead of reject", False)]),
        (plan(), {"events": {}}, [("Signed Up", "is not planned any more", False)]),
        (plan(), {"events": {}, "unplanned": "warn"}, [("", "`unplanned` is warn instead of off", True), ("Signed Up", "is not planned any more", True)]),
        (plan(), plan({"required": ["a"]}), [("Signed Up", "`a` is required", True)]),
        (plan({"required": ["a"]}), plan(), [("Signed Up", "`a` is not required any more", False)]),
        (of(), of(seats={"type": "integer"}), [("Signed Up", "`seats` is new: integer", True)]),
        (of(seats=KIND), of(), [("Signed Up", "`seats` is not described any more", False)]),
        (of(a=KIND), of(a={"type": ["string", "null"]}), [("Signed Up", "`a` is null or string instead of string", False)]),
        (of(a={"type": ["string", "null"]}), of(a=KIND), [("Signed Up", "`a` is string instead of null or string", True)]),
        (of(a={"enum": ["x"]}), of(a={"enum": ["x", "y"]}), [("Signed Up", "`a` is one of x, y instead of one of x", False)]),
        (of(a={"enum": ["x", "y"]}), of(a={"enum": ["x"]}), [("Signed Up", "`a` is one of x instead of one of x, y", True)]),
        (of(a={"enum": ["x"]}), of(a=KIND), [("Signed Up", "`a` is string instead of one of x", False)]),
        (of(a=KIND), of(a=KIND | {"maxLength": 3}), [("Signed Up", "`a` is string (maxLength) instead of string", True)]),
        (of(a={"type": "integer"}), of(a={"type": "number"}), [("Signed Up", "`a` is integer or number instead of integer", False)]),
        (plan(), plan({"additionalProperties": False}), [("Signed Up", "the rule `additionalProperties` is another", True)]),
        (plan({"minProperties": 1}), plan(), [("Signed Up", "the rule `minProperties` is another", False)]),
    ],
)  # fmt: skip
def test_a_difference_is_told(before, after, told):
    assert [(one.event, one.what, one.stricter) for one in changes(before, after)] == told


def test_a_new_description_is_no_rule():
    old, new = plan(), plan()
    new["events"]["Signed Up"]["description"] = "An account."
    [one] = changes(old, new)
    assert (one.what, one.stricter) == ("has another description", False)


values = st.sampled_from([None, True, 0, 1, 1.5, "x", "y", "long text", [], {}])
kinds = st.sampled_from(["string", "integer", "number", "boolean", "null", "array", "object"])
schemas = st.one_of(
    st.just({}),
    kinds.map(lambda kind: {"type": kind}),
    st.lists(kinds, min_size=1, unique=True).map(lambda several: {"type": several}),
    st.lists(st.sampled_from(["x", "y", 1]), min_size=1, unique=True).map(lambda several: {"enum": several}),
    st.just({"type": "string", "maxLength": 2}),
)


@settings(max_examples=60)
@given(schemas, schemas, values)
def test_what_is_not_called_stricter_turns_nobody_away(old, new, value):
    before, after = of(a=old), of(a=new)
    if any(one.stricter for one in changes(before, after)):
        return
    told = {"a": value}
    if read_plan(before).check("Signed Up", "custom", told) is None:
        assert read_plan(after).check("Signed Up", "custom", told) is None


def test_a_schema_is_said_in_a_few_words():
    assert [said(one) for one in ({}, True, False, {"type": "string", "pattern": "x"}, {"minimum": 1})] == [
        "anything",
        "anything",
        "nothing",
        "string (pattern)",
        "anything (minimum)",
    ]
