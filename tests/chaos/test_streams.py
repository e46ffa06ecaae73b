"""The comparison that decides `make chaos PART=streams`. Its short form is tests/streams/test_agents_killed.py."""

from types import SimpleNamespace

import pytest

from schemas.codec import dumps
from streams.core.layout import write
from tests.chaos.streams_compare import differences, first_of, score_changes, sessions, signals, subjects_state, tracked


def records(*values, key=b"k", headers=(("from", b"visitors/0"),)):
    return [SimpleNamespace(key=key, value=dumps(value), headers=headers, partition=0) for value in values]


@pytest.mark.parametrize(
    ("left", "right", "names"),
    [
        ({"a": 1, "b": {"c": [0.1 + 0.2]}}, {"a": 1.0, "b": {"c": [0.3]}}, []),
        ({"a": {"empty": []}}, {"a": {}}, []),
        ({"a": 1}, {}, ["a"]),
        ({}, {"a": 1}, ["a"]),
        ({"a": [1, 2]}, {"a": [1]}, ["a"]),
        ({"a": {"b": "x"}}, {"a": {"b": "y"}}, ["a"]),
        ({"a": 1.0}, {"a": 1.000001}, ["a"]),
    ],
)
def test_rows_that_are_missing_or_different_are_named(left, right, names):
    assert differences(left, right) == names


def test_a_difference_is_told_with_its_place_and_both_contents():
    left, right = {"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}}
    assert first_of(differences(left, right), left, right) == ["a: .b.1 is 2, undisturbed 3"]


def test_a_tracked_event_that_is_there_twice_is_a_difference():
    line = {"event_id": "e1", "visitor_id": "v1"}
    assert differences(tracked(records(line, line)), tracked(records(line))) == ["event e1 v1 #2"]


def test_what_joined_a_superseded_session_has_joined_the_one_that_stands():
    opened = {"session_id": "s1", "version": 1, "status": "opened", "joined": ["e1"]}
    gone = {"session_id": "s1", "version": 2, "status": "superseded", "superseded_by": "s2", "joined": []}
    stands = {"session_id": "s2", "version": 1, "status": "opened"}
    early = sessions(records(opened, stands, gone))
    late = sessions(records({**opened, "joined": []}, {**stands, "joined": ["e1"]}, gone))
    assert differences(early, late) == []
    assert early["s2"]["joined"] == ["e1"]


def test_rows_of_a_score_that_take_each_other_back_leave_nothing():
    row = {"site": "s", "subject": "v:v1", "score": "engagement", "rule": "page_view", "event_id": "e1", "points": 2.0}
    assert score_changes(records(row, {**row, "points": -2.0})) == {}
    assert list(score_changes(records(row, row)).values()) == [4.0]


def test_a_signal_that_was_withdrawn_at_last_does_not_stand():
    row = {
        "signal_id": "g",
        "trigger": "t",
        "subject": "v:v1",
        "version": "1",
        "event_id": "e",
        "fired_at": 1,
        "status": "fired",
        "revision": 1,
    }
    assert list(signals(records(row))) == ["g"]
    assert signals(records(row, {**row, "status": "withdrawn", "revision": 2})) == {}


def test_points_of_a_subject_are_compared_at_one_moment():
    half_life_ms = 1_209_600_000
    values = [
        {"scores": {"engagement": {"page_view": part}}} for part in ([8.0, 1_790_000_000_000], [4.0, 1_790_000_000_000 + half_life_ms])
    ]
    old, new = ([SimpleNamespace(key=b"k", value=write(value), headers=(), partition=0)] for value in values)
    assert differences(subjects_state(old), subjects_state(new)) == []
