"""What a segment's conditions find, when time changes it, and what is wrong in a file of segments."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import Misconfigured
from streams.core.segment_text import ConditionText
from streams.core.segments import NEVER, find, judge, read_segments, shown
from tests.streams.core.profiling import DAY, START

SCORE = {"raw_value": 80.0, "floor": 0.0, "ceiling": 100.0, "half_life_s": 1_209_600, "band": "1", "updated_at": START}
INTERESTS = SCORE | {"reasons": [{"rule": "shoes", "points": 8.0}, {"rule": "hats", "points": 2.0}]}
PROFILE = {
    "stage": "intent",
    "scores": {"engagement": SCORE, "interests": INTERESTS},
    "consent": {"choice": "granted"},
    "preferences": [{"channel": "email", "topic": "all", "opt": "out"}, {"channel": "email", "topic": "news", "opt": "in"}],
}


def holds(at=START, profile=None, subject="c:c1", **condition):
    return find(ConditionText.model_validate(condition), PROFILE if profile is None else profile, subject, at=at).holds


@pytest.mark.parametrize(
    ("condition", "met"),
    [
        ({"score": "engagement", "at_least": 80}, True),
        ({"score": "engagement", "at_least": 81}, False),
        ({"score": "engagement", "at_least": 101}, False),
        ({"score": "engagement", "below": 81}, True),
        ({"score": "engagement", "band": ["1", "2"]}, True),
        ({"score": "engagement", "band": 2}, False),
        ({"score": "fit", "at_least": 1}, False),
        ({"score": "fit", "below": 1}, True),
        ({"stage": ["intent", "purchase"]}, True),
        ({"stage": "none"}, False),
        ({"interest": "shoes", "at_least": 8}, True),
        ({"interest": "coats", "at_least": 0.01}, False),
        ({"interest": "coats", "below": 1}, True),
        ({"top_interest": ["shoes"]}, True),
        ({"top_interest": ["hats"]}, False),
        ({"active_within": "1d"}, True),
        ({"consent": "granted"}, True),
        ({"preference": {"opt": "out"}}, True),
        ({"preference": {"topic": "news", "opt": "in"}}, True),
        ({"preference": {"topic": "offers", "opt": "in"}}, False),
        ({"preference": {"channel": "sms", "opt": "in"}}, True),
        ({"customer": True}, True),
        ({"customer": False}, False),
    ],
)
def test_conditions_hold_or_do_not(condition, met):
    assert holds(**condition) is met


def test_nothing_is_known_of_an_empty_profile():
    assert not holds(profile={}, top_interest="shoes")
    assert not holds(profile={}, active_within="9d")
    assert holds(profile={}, stage="none")


LIMITS = st.one_of(
    st.builds(lambda limit: {"score": "engagement", "at_least": limit}, st.floats(0.01, 120)),
    st.builds(lambda limit: {"score": "engagement", "below": limit}, st.floats(0.01, 120)),
    st.builds(lambda limit: {"interest": "shoes", "at_least": limit}, st.floats(0.01, 10)),
    st.builds(lambda days: {"active_within": f"{days}d"}, st.integers(1, 300)),
    st.just({"top_interest": ["shoes"]}),
)


@given(LIMITS, st.integers(0, 400))
def test_the_moment_that_a_condition_names_is_the_first_at_which_it_differs(condition, day):
    told = ConditionText.model_validate(condition)
    at = START + day * DAY
    now = find(told, PROFILE, "c:c1", at=at)
    assert now.until == NEVER or now.until > at
    if now.until:
        assert find(told, PROFILE, "c:c1", at=now.until - 1).holds == now.holds
        assert find(told, PROFILE, "c:c1", at=now.until).holds != now.holds
    else:
        assert find(told, PROFILE, "c:c1", at=at + 3_000 * DAY).holds == now.holds


@given(st.floats(0.02, 99), st.integers(0, 400))
def test_a_limit_is_reached_while_what_is_shown_reaches_it(limit, day):
    at = START + day * DAY
    value = shown(SCORE, at)
    if abs(value - limit) > 1e-6:
        assert holds(at, score="engagement", at_least=limit) == (value >= limit)


def test_all_any_and_none_are_met_together_and_say_why():
    text = "version: 1\nsegments:\n  a:\n    all: [{customer: true}]\n    any: [{stage: intent}, {stage: purchase}]\n    none: [{consent: pending}]\n"
    segment = read_segments(text).segments["a"]
    inside, until, why = judge(segment, PROFILE, "c:c1", at=START)
    assert (inside, until) == (True, NEVER)
    assert why == ["is a customer", "stage is intent", "stage is intent", "not: consent is granted"]
    assert not judge(segment, PROFILE, "v:v1", at=START)[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("version: 1\nsegments: {a: {all: [{scor: x}]}}", "did you mean 'score'"),
        ("version: 1\nsegments: {a: {all: [{score: x}]}}", "`score` takes one of at_least, below, band"),
        ("version: 1\nsegments: {a: {all: [{score: x, at_least: 0}]}}", "greater than or equal to 0.01"),
        ("version: 1\nsegments: {a: {all: [{stage: [buying]}]}}", "a stage is none, awareness"),
        ("version: 1\nsegments: {a: {all: [{stage: intent, at_least: 4}]}}", "takes no at_least"),
        ("version: 1\nsegments: {a: {all: [{stage: intent, consent: granted}]}}", "not stage and consent"),
        ("version: 1\nsegments: {a: {}}", "holds everybody"),
        ("version: 1\nsegments: {'a:b': {all: [{customer: true}]}}", "a:b"),
        ("version: 1\nsegments: {a: {all: [{customer: true}]}, a: {any: [{customer: true}]}}", "second time"),
        ("segments: {}", "`version` is missing"),
        ("version: 1\nsegments: {a: {all: [{active_within: 3}]}}", "a number and a unit"),
    ],
)
def test_mistakes_are_told_with_their_line_and_what_to_do(text, said):
    with pytest.raises(Misconfigured) as raised:
        read_segments(text, "segments.yaml")
    assert said in str(raised.value)
    assert "segments.yaml:" in str(raised.value)
    assert "`footprint segments check`" in str(raised.value)
