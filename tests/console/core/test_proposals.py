"""Plans are proposed from what was stored, over what holds already."""

import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from collector.core.plans import read_plan
from console.core.plan_changes import NOTHING, changes
from console.core.proposals import as_yaml, infer, laid_over

properties = st.dictionaries(
    st.text(max_size=5),
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=3)
    | st.lists(st.integers())
    | st.dictionaries(st.text(max_size=2), st.integers()),
    max_size=4,
)
seen = st.lists(st.tuples(st.sampled_from(["a", "b"]), properties), max_size=30)


@settings(max_examples=30)
@given(seen)
@example([("a", {"\x85": None, "a\u2028b": 1, "\r\n": "\n"})])
def test_what_was_seen_follows_the_plan_that_is_proposed_from_it(events):
    plan = read_plan(yaml.safe_load(as_yaml(infer(events))))
    assert [plan.check(name, "custom", told) for name, told in events if plan.check(name, "custom", told)] == []


@given(st.text())
def test_any_text_is_read_back_as_it_was_written(text):
    assert yaml.safe_load(as_yaml({text: text})) == {text: text}


@settings(max_examples=30)
@given(seen, seen)
def test_a_proposal_over_a_plan_takes_nothing_away_and_requires_no_more(before, after):
    held = infer(before)
    proposed = laid_over(held, infer(after))
    read_plan(proposed)
    plan = read_plan(proposed)
    assert [plan.check(name, "custom", told) for name, told in before if name in held["events"] and _stated(held, name, told)] == [
        None for name, told in before if name in held["events"] and _stated(held, name, told)
    ]
    assert not [one for one in changes(held, proposed) if "required" in one.what or "not " in one.what]
    assert laid_over(proposed, infer(after)) == proposed


def _stated(held, name, told):
    """Properties that the plan named before; those that were added later are held to what was seen since."""
    return set(told) == set(held["events"][name]["schema"].get("properties", {}))


def test_a_proposal_names_types_what_is_always_there_and_few_values():
    events = [
        ("Signed Up", {"plan": "pro" if number % 2 else "free", "seats": number, **({"code": "x"} if number else {})})
        for number in range(30)
    ]
    assert infer(events)["events"] == {
        "Signed Up": {
            "schema": {
                "type": "object",
                "required": ["plan", "seats"],
                "properties": {"code": {"enum": ["x"]}, "plan": {"enum": ["free", "pro"]}, "seats": {"type": "integer"}},
            }
        }
    }


def test_what_a_person_wrote_stays():
    held = {
        "mode": "reject",
        "events": {
            "Signed Up": {
                "description": "An account.",
                "mode": "warn",
                "schema": {"required": ["plan"], "properties": {"plan": {"minLength": 2}}},
            },
            "Closed": {"schema": {"additionalProperties": False}},
        },
    }
    proposed = laid_over(held, infer([("Signed Up", {"plan": 7, "seats": 1}), ("Closed", {"x": 1}), ("New", {})]))
    assert proposed["mode"] == "reject"
    assert proposed["events"] == {
        "Signed Up": {
            "description": "An account.",
            "mode": "warn",
            "schema": {"required": ["plan"], "properties": {"plan": {"minLength": 2}, "seats": {"type": "integer"}}},
        },
        "Closed": {"schema": {"additionalProperties": False}},
        "New": {"schema": {"type": "object"}},
    }
    assert [(one.event, one.what) for one in changes(held, proposed)] == [("New", "is new"), ("Signed Up", "`seats` is new: integer")]


def test_the_first_plan_is_all_new():
    assert [one.what for one in changes(NOTHING, infer([("a", {}), ("b", {})]))] == ["is new", "is new"]
