"""A timeline is told in chapters, and nothing of it gets lost."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from console.core.story import UNTOLD, chapters

BEGIN = datetime(2026, 11, 22, 10, tzinfo=UTC)


def event(minute=0, session="s1", kind="page_view", **more):
    return {
        "event_time": BEGIN + timedelta(minutes=minute),
        "kind": kind,
        "sentence": f"{kind} {minute}",
        "channel": "",
        "traffic": "human",
        "session_id": session,
        "engaged_ms": 0,
    } | more


EVENTS = st.lists(
    st.builds(
        event, st.integers(0, 5000), st.sampled_from(["s1", "s2", ""]), st.sampled_from(["page_view", "click", "engagement", "custom"])
    )
)


@given(EVENTS)
def test_every_event_is_in_one_chapter_and_chapters_are_in_order(events):
    newest_first = sorted(events, key=lambda row: row["event_time"], reverse=True)
    told = chapters(newest_first)
    assert sorted(id(row) for chapter in told for row in chapter.rows) == sorted(map(id, events))
    ends = [chapter.rows[-1]["event_time"] for chapter in told]
    assert ends == sorted(ends, reverse=True)
    assert all(row["kind"] not in UNTOLD for chapter in told for row in chapter.lines)
    assert all(chapter.summary for chapter in told)


def test_a_session_is_one_chapter_also_around_something_else():
    told = chapters([event(9), event(5, "", "email_open"), event(1)])
    assert [(chapter.session, len(chapter.rows)) for chapter in told] == [("s1", 2), ("", 1)]


def test_a_chapter_says_what_it_came_to():
    rows = [
        event(3, kind="purchase"),
        event(2, kind="engagement", engaged_ms=61_000),
        event(1, channel="internal"),
        event(0, channel="email"),
    ]
    (chapter,) = chapters(rows)
    assert chapter.summary == "2 pages, a purchase"
    assert (chapter.engaged_s, chapter.channel, chapter.lasted) == (61.0, "email", timedelta(minutes=3))
    assert not chapter.machine


def test_a_chapter_of_a_machine_says_so():
    (chapter,) = chapters([event(traffic="bot"), event(traffic="suspect")])
    assert chapter.machine
