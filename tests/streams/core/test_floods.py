"""One visitor who sends without end."""

import pytest

from schemas.topics import SESSIONS
from streams.core import floods
from streams.core.dedupe import ENTRY_CHARS, MAX_IDS
from streams.core.layout import write
from tests.streams.core.logs import T0, event
from tests.streams.core.running import Line

ALL = 60


@pytest.fixture
def line(monkeypatch):
    """A line where 20 events an hour are too many, counted from the tenth on."""
    monkeypatch.setattr(floods, "EVENTS_PER_HOUR", 20)
    monkeypatch.setattr(floods, "MAX_IDS", 10)
    return Line()


def views(number, *, hour=0, visitor="busy"):
    at = hour * 3_600_000
    return [
        event(
            f"{visitor}-{hour}-{n}",
            at + n * 1000,
            visitor=visitor,
            received=T0 - T0 % 3_600_000 + at + n * 1000,
            created_at=None,
            pageview_id=f"p{n}",
        )
        for n in range(number)
    ]


def send(line, events):
    for one in events:
        line.send(one)
    line.settle()
    return [found for found in line.tracked if not found.get("control")]


def test_every_event_is_stored_and_those_beyond_the_cap_are_labelled_and_in_no_session(line):
    found = send(line, views(ALL))
    assert len(found) == ALL
    too_many = [one for one in found if floods.REASON in one.get("traffic_reasons", ())]
    assert [one["event_id"] for one in too_many] == [f"busy-0-{n}" for n in range(ALL - len(too_many), ALL)]
    assert {one["traffic"] for one in too_many} == {"suspect"}
    assert [bool(one.get("session_id")) for one in too_many] == [True] + [False] * (len(too_many) - 1)
    assert line.counts["events_flooding"] == len(too_many) - 1


def test_the_session_of_the_first_one_too_many_is_suspect_as_a_whole(line):
    send(line, views(ALL))
    line.finish(T0)
    (session,) = line.last(SESSIONS, "session_id", "version").values()
    assert (session["traffic"], session["closed"]) == ("suspect", True)


def test_neither_the_state_nor_the_scores_grow_with_a_flood(line):
    send(line, views(ALL))
    state = {key: len(write(value)) for key, value in line.visitors.values.items()}
    scores = len(line.records)
    send(line, [one | {"event_id": "more-" + one["event_id"]} for one in views(ALL)])
    assert all(len(write(value)) <= state[key] + 2 * ALL * ENTRY_CHARS for key, value in line.visitors.values.items())
    assert [record.topic.name for record in line.records[scores:]] == []


def test_the_next_hour_counts_anew_and_others_are_not_concerned(line):
    send(line, views(ALL))
    found = send(line, [*views(15, hour=1), *views(9, hour=1, visitor="calm")])[ALL:]
    assert not any(floods.REASON in one.get("traffic_reasons", ()) for one in found)
    (calm,) = [value for key, value in line.visitors.values.items() if key.endswith("calm")]
    assert "pace" not in calm


def test_nobody_is_counted_before_the_memory_of_ids_is_full():
    value = {"seen": ["x" * (MAX_IDS * ENTRY_CHARS - ENTRY_CHARS), "", T0]}
    assert not floods.floods({"received_at": T0}, value)
    assert "pace" not in value
