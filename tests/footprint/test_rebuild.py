"""Sessions computed anew from stored events."""

from dataclasses import asdict

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from footprint.rebuild import RebuildReport, rebuild_sessions
from tests.sinks.rows import NOW, event, identity, insert, session
from tests.sinks.schema import client, migrated

pytestmark = pytest.mark.store
__all__ = ["client", "migrated"]

GAP = 1_800_000
DAY = 86_400_000


@pytest.fixture
def connection(migrated):
    return migrated


def view(visitor, at, number=0, **values):
    return event(f"{visitor}-{at}-{number}", visitor_id=visitor, event_time=at, historical=True, url_path=f"/{at}", **values)


def shown(client):
    return (
        client.rows("SELECT event_id, session_id, event_time FROM events ORDER BY event_id, event_time"),
        client.rows("SELECT * FROM sessions ORDER BY visitor_id, started_at, session_id"),
    )


def test_history_gets_sessions_by_the_gap_and_a_second_rebuild_changes_nothing(connection, client):
    old = NOW - 9 * DAY
    insert(client, "tracked", view("v", old), view("v", old + GAP), view("v", old + 2 * GAP + 1), view("w", old))
    report = rebuild_sessions(connection, "demo", ["v", "w", "nobody", "v"], NOW, GAP)
    assert asdict(report) == asdict(RebuildReport(visitors=3, sessions_written=3, events_moved=4))
    before = shown(client)
    found = client.rows(
        "SELECT visitor_id, events, closed, close_reason, entry_path, span_ms FROM sessions ORDER BY visitor_id, started_at"
    )
    assert found == [
        ("v", 2, True, "idle", f"/{old}", GAP),
        ("v", 1, True, "idle", f"/{old + 2 * GAP + 1}", 0),
        ("w", 1, True, "idle", f"/{old}", 0),
    ]
    again = rebuild_sessions(connection, "demo", ["v", "w"], NOW + 5, GAP)
    assert asdict(again) == asdict(RebuildReport(visitors=2))
    assert shown(client) == before


def test_every_event_names_a_session_that_is_shown(connection, client):
    insert(client, "tracked", *[view("v", NOW - 9 * DAY + n * 700_000, n) for n in range(40)])
    rebuild_sessions(connection, "demo", ["v"], NOW, GAP)
    assert client.rows("SELECT count() FROM events WHERE session_id IN (SELECT session_id FROM sessions)") == [(40,)]
    assert client.rows("SELECT sum(events) FROM sessions") == [(40,)]


def test_an_earlier_event_that_comes_later_moves_the_session_to_another_id(connection, client):
    old = NOW - 9 * DAY
    insert(client, "tracked", view("v", old))
    rebuild_sessions(connection, "demo", ["v"], NOW, GAP)
    ((first,),) = client.rows("SELECT session_id FROM sessions")
    insert(client, "tracked", view("v", old - 1000))
    report = rebuild_sessions(connection, "demo", ["v"], NOW + 1, GAP)
    ((second,),) = client.rows("SELECT session_id FROM sessions")
    assert first != second
    assert (report.sessions_written, report.sessions_removed, report.events_moved) == (1, 1, 2)
    assert client.rows("SELECT DISTINCT session_id FROM events") == [(second,)]


def test_a_visitor_with_an_open_session_is_left_to_the_streams(connection, client):
    insert(client, "tracked", view("v", NOW - 9 * DAY), view("w", NOW - 9 * DAY))
    insert(client, "sessions", session("open", visitor_id="v"))
    report = rebuild_sessions(connection, "demo", ["v", "w"], NOW, GAP)
    assert (report.live, report.sessions_written) == (1, 1)
    assert client.rows("SELECT session_id FROM sessions WHERE visitor_id = 'v'") == [("open",)]


def test_another_site_is_left_alone(connection, client):
    insert(client, "tracked", view("v", NOW - 9 * DAY), view("v", NOW - 9 * DAY, site="other"))
    rebuild_sessions(connection, "demo", ["v"], NOW, GAP)
    assert client.rows("SELECT site FROM sessions") == [("demo",)]


def test_a_later_copy_that_a_skewed_clock_had_moved_is_removed(connection, client):
    old = NOW - 9 * DAY
    insert(client, "tracked", event("e", visitor_id="v", event_time=old, received_at=NOW, url_path="/first"))
    insert(client, "tracked", event("e", visitor_id="v", event_time=old + 5000, received_at=NOW + 1, url_path="/second"))
    report = rebuild_sessions(connection, "demo", ["v"], NOW, GAP)
    assert report.copies_removed == 1
    assert client.rows("SELECT url_path FROM events") == [("/first",)]
    assert rebuild_sessions(connection, "demo", ["v"], NOW + 1, GAP).copies_removed == 0


def test_customers_and_properties_outlive_the_rewriting(connection, client):
    props = {"a": {"b": [1, "x"]}, "when": "2024-01-01"}
    insert(client, "tracked", view("v", NOW - 9 * DAY, props=props, traffic_reasons=["r"], traffic="bot"))
    insert(client, "identities", identity("v", "C"))
    before = client.text("SELECT * EXCEPT session_id FROM events", "JSONEachRow")
    rebuild_sessions(connection, "demo", ["v"], NOW, GAP)
    assert client.text("SELECT * EXCEPT session_id FROM events", "JSONEachRow") == before
    assert client.rows("SELECT customer_id, traffic FROM sessions") == [("C", "bot")]


def test_visitors_with_awkward_ids_are_rebuilt(connection, client):
    awkward = ["it's", 'a "quoted" one', "back\\slash", "%(site)s", "{x:String}", "Grüße", "a\nb", "x" * 200]
    insert(client, "tracked", *[view(visitor, NOW - 9 * DAY) for visitor in awkward])
    assert rebuild_sessions(connection, "demo", awkward, NOW, GAP).sessions_written == len(awkward)
    assert {row[0] for row in client.rows("SELECT visitor_id FROM sessions")} == set(awkward)


def test_many_visitors_are_rebuilt_in_chunks(connection, client):
    visitors = [f"log-{n}" for n in range(1203)]
    insert(client, "tracked", *[view(visitor, NOW - 9 * DAY, n) for visitor in visitors for n in range(2)])
    report = rebuild_sessions(connection, "demo", visitors, NOW, GAP)
    assert (report.visitors, report.sessions_written, report.events_moved) == (1203, 1203, 2406)
    assert client.rows("SELECT count(), sum(events) FROM sessions") == [(1203, 2406)]
    assert client.rows("SELECT count() FROM rebuild_assignments") == [(0,)]


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.integers(0, 40), max_size=6), min_size=1, max_size=4))
def test_rebuilding_as_events_come_ends_where_one_rebuild_of_all_of_them_ends(connection, client, arrivals):
    arrived = [f"site{abs(hash(str(arrivals)))}", f"whole{abs(hash(str(arrivals)))}"]
    for number, times in enumerate(arrivals):
        rows = [view("v", NOW - 9 * DAY + at * 600_000) for at in times]
        if rows:
            for site in arrived:
                insert(client, "tracked", *[row | {"site": site} for row in rows])
        rebuild_sessions(connection, arrived[0], ["v"], NOW + number, GAP)
    rebuild_sessions(connection, arrived[1], ["v"], NOW, GAP)
    facts = "SELECT started_at, ended_at, events, entry_path, exit_path FROM sessions WHERE site = {site:String} ORDER BY started_at"
    assert client.rows(facts, {"site": arrived[0]}) == client.rows(facts, {"site": arrived[1]})
    grouping = "SELECT groupArray(event_id) FROM (SELECT event_id, session_id FROM events WHERE site = {site:String} ORDER BY event_time) GROUP BY session_id"
    groups = [sorted(map(tuple, (row[0] for row in client.rows(grouping, {"site": site})))) for site in arrived]
    assert groups[0] == groups[1]
