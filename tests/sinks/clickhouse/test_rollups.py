"""Days counted ahead say what counting now would say."""

import pytest

from sinks.clickhouse import persons
from sinks.clickhouse.rollups import refresh
from sinks.core.persons import CARRIERS
from tests.sinks.rows import NOW, event, identity, insert, session

pytestmark = pytest.mark.store

DAY = 86_400_000
SESSIONS = """
SELECT site, toDate(started_at) AS day, channel, utm_source, utm_medium, utm_campaign, traffic, count() AS sessions, uniqExact(visitor_id) AS visitors,
    countIf(engaged) AS engaged_sessions, sum(s.value) AS value
FROM sessions AS s
GROUP BY site, day, channel, utm_source, utm_medium, utm_campaign, traffic
"""
PAIRS = (("page_daily", "SELECT * FROM counted_pages"), ("campaign_daily", SESSIONS))


def states(client):
    return dict(client.rows("SELECT day, good FROM rollup_states ORDER BY day")).values()


def exact(client):
    """Every rollup as the view shows it equals what is counted from the events now."""
    for shown, counted in PAIRS:
        assert client.rows(f"SELECT * FROM {shown} ORDER BY ALL") == client.rows(f"{counted} ORDER BY ALL"), shown


def page(event_id, day, visitor="v", **values):
    return event(event_id, visitor_id=visitor, event_time=NOW + day * DAY, url_path="/p", session_id=f"s{visitor}{day}", **values)


@pytest.fixture
def days(client):
    """Three days of two visitors, counted."""
    for _ in range(2):
        insert(client, "tracked", *[page(f"e{day}{who}", day, who) for day in range(3) for who in ("v", "w")])
    sessions = [session(f"s{who}{day}", visitor_id=who, started_at=NOW + day * DAY, value=1.0) for day in range(3) for who in ("v", "w")]
    insert(client, "sessions", *sessions)
    assert refresh(client, settle_s=0.0) == 4
    assert set(states(client)) == {1}
    exact(client)
    return client


def test_a_day_is_counted_once_and_read_from_its_rollup(days):
    assert refresh(days, settle_s=0.0) == 0
    assert days.rows("SELECT sum(page_views), sum(visitors) FROM page_daily") == [(6, 6)]
    days.command("TRUNCATE TABLE events_by_time_raw")
    assert days.rows("SELECT sum(page_views), sum(visitors) FROM page_daily") == [(6, 6)]


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("tracked", page("late", 1, "x")),
        ("tracked", page("e1v", 1, "v", received_at=NOW + 9)),
        ("sessions", session("sv1", visitor_id="v", version=2, started_at=NOW + DAY, traffic="bot", relabelled=True)),
        ("sessions", session("sv1", version=2, started_at=NOW + DAY, status="superseded", superseded_by="sv0")),
        ("sessions", session("sw1", visitor_id="w", version=2, started_at=NOW, ended_at=NOW + DAY)),
        ("sessions", session("sw1", visitor_id="w", version=2, started_at=NOW + DAY, channel="email", utm_campaign="autumn", value=2.0)),
    ],
    ids=["a late event", "a copy", "a label", "a merge", "a start that moved", "another campaign"],
)
def test_what_comes_later_is_shown_at_once_and_counted_anew(days, table, row):
    insert(days, table, row)
    assert 0 in states(days)
    exact(days)
    refresh(days, settle_s=0.0)
    assert set(states(days)) == {1}
    exact(days)


def test_a_day_that_was_marked_just_now_is_left_to_be_counted_when_asked(days):
    insert(days, "tracked", page("new", 2, "x"))
    assert refresh(days, settle_s=60.0) == 0
    exact(days)


def test_an_insert_that_is_repeated_marks_its_days_again(days):
    insert(days, "tracked", page("again", 1, "x"), token="t")
    refresh(days, settle_s=0.0)
    insert(days, "tracked", page("again", 1, "x"), token="t")
    assert 0 in states(days)
    exact(days)


def test_who_is_forgotten_is_counted_no_more(days):
    insert(days, "identities", identity("v", "C"))
    persons.erase(days, persons.find(days, "demo", "C"), [carrier.table for carrier in CARRIERS])
    exact(days)
    assert days.rows("SELECT sum(page_views) FROM page_daily") == [(3,)]
    assert refresh(days, settle_s=0.0) == 0, "an erasure may go on: its days are counted when they are asked for"
