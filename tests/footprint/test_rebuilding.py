"""Whom the rebuild takes up: visitors marked by history and late events, and everybody of some days."""

import pytest

from footprint.rebuilding import marks_waiting, rebuild_marked, replay_sessions
from schemas.errors import Retryable
from tests.sinks.rows import NOW, event, insert, session
from tests.sinks.schema import client, migrated

pytestmark = pytest.mark.store
__all__ = ["client", "migrated"]

GAP = 1_800_000
DAY = 86_400_000
FAR = 4_000_000_000_000
"""A time at which every mark has settled and every session has ended."""


def view(visitor, at, **values):
    return event(f"{visitor}-{at}", visitor_id=visitor, event_time=at, url_path="/", **values)


def marks(client):
    return client.rows(
        "SELECT if(visitor_id != '', visitor_id, customer_id) AS who, toString(day) FROM rebuild_marks FINAL ORDER BY who, day"
    )


def rebuild(migrated, now_ms=FAR, **options):
    return rebuild_marked(migrated, lambda site: GAP, now_ms=now_ms, **options)


def test_history_and_what_came_too_late_for_a_session_mark_their_visitor_and_day(client):
    insert(
        client,
        "tracked",
        view("old", NOW - 9 * DAY, historical=True),
        view("old", NOW - 9 * DAY + 1, historical=True),
        view("old", NOW - 20 * DAY, historical=True),
        view("late", NOW),
        event("g", visitor_id="late2", kind="engagement", engaged_ms=5),
        view("live", NOW, session_id="s"),
        event("i", visitor_id="touch", kind="identify", customer_id="c"),
        event("n", visitor_id="idle", kind="engagement", engaged_ms=0),
        event("h", customer_id="anna", historical=True),
        event("l", customer_id="bob"),
    )
    assert [row[0] for row in marks(client)] == ["anna", "late", "late2", "old", "old"]


def test_a_round_puts_sessions_right_and_takes_the_marks_away(migrated, client):
    insert(client, "tracked", view("v", NOW - 9 * DAY, historical=True), view("w", NOW - 9 * DAY, historical=True, site="other"))
    done = rebuild(migrated)
    assert (done.marks, done.left) == (2, 0)
    assert {site: report.sessions_written for site, report in done.reports.items()} == {"demo": 1, "other": 1}
    assert (marks(client), marks_waiting(migrated)) == ([], 0)
    assert client.rows("SELECT site, events FROM sessions ORDER BY site") == [("demo", 1), ("other", 1)]
    assert rebuild(migrated).marks == 0  # the rebuilt events mark nobody


def test_the_history_of_who_is_done_is_told_and_a_broker_that_is_away_leaves_the_marks(migrated, client):
    insert(client, "tracked", view("v", NOW - 9 * DAY, historical=True), event("h", customer_id="anna", historical=True))
    insert(client, "tracked", view("w", NOW - 9 * DAY, historical=True))
    insert(client, "sessions", session("live", visitor_id="w"))

    def away(site, owners):
        raise Retryable("Kafka is away.")

    with pytest.raises(Retryable):
        rebuild(migrated, history_of=away)
    assert len(marks(client)) == 3
    told = []
    done = rebuild(migrated, history_of=lambda site, owners: told.extend(owners) or len(owners))
    assert (sorted(told), done.bases, done.left) == (["c:anna", "v:v"], 2, 1)
    assert [row[0] for row in marks(client)] == ["w"]


def test_a_mark_that_comes_after_the_rebuild_stands(migrated, client):
    insert(client, "tracked", view("v", NOW - 9 * DAY, historical=True))
    rebuild(migrated)
    insert(client, "tracked", view("v", NOW - 9 * DAY + 1000, historical=True))
    assert len(marks(client)) == 1
    assert rebuild(migrated).reports["demo"].events_moved == 1
    assert client.rows("SELECT events FROM sessions") == [(2,)]


def test_a_fresh_mark_rests(migrated, client):
    insert(client, "tracked", view("v", NOW - 9 * DAY, historical=True))
    ((version,),) = client.rows("SELECT version FROM rebuild_marks")
    assert rebuild(migrated, now_ms=version // 2 + 1000, settle_s=30).marks == 0
    assert rebuild(migrated, now_ms=version // 2 + 31_000, settle_s=30).marks == 1


@pytest.mark.parametrize(("closed", "ended_ago", "left"), [(False, 30 * DAY, 1), (True, GAP, 1), (True, 2 * GAP + 31 * 60_000, 0)])
def test_a_visitor_whose_session_the_streams_still_hold_comes_back_later(migrated, client, closed, ended_ago, left):
    insert(client, "tracked", view("v", FAR - 40 * DAY, historical=True), view("w", FAR - 40 * DAY, historical=True))
    insert(client, "sessions", session("live", visitor_id="v", closed=closed, started_at=FAR - ended_ago, ended_at=FAR - ended_ago))
    done = rebuild(migrated)
    assert (done.marks, done.left) == (2, left)
    assert [row[0] for row in marks(client)] == ["v"] * left
    assert client.rows("SELECT count() FROM sessions WHERE visitor_id = 'w'") == [(1,)]


def test_a_replay_takes_up_everybody_of_some_days_as_a_whole(migrated, client):
    insert(
        client,
        "tracked",
        view("v", NOW - 9 * DAY),
        view("v", NOW - 2 * DAY),
        view("w", NOW - 9 * DAY),
        view("x", NOW - 2 * DAY, site="other"),
    )
    times = {"from": str(NOW // 1000 - 3 * 86_400), "to": str(NOW // 1000)}
    report = replay_sessions(migrated, "demo", times, gap_ms=GAP, now_ms=FAR)
    assert (report.visitors, report.sessions_written) == (1, 2)
    assert client.rows("SELECT visitor_id, count() FROM sessions GROUP BY ALL") == [("v", 2)]
    assert replay_sessions(migrated, "demo", times, gap_ms=GAP, now_ms=FAR + 1).sessions_written == 0
