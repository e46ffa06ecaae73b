"""Customers' rows: they follow what is stored, by marks, and say what the events, links and scores say."""

import random

import pytest

from sinks.clickhouse import customers
from sinks.clickhouse.customers import Count, count
from tests.sinks.clickhouse.test_timeline import CUSTOMERS, tell
from tests.sinks.counting import counted
from tests.sinks.rows import event, identity, insert, score, session

pytestmark = pytest.mark.store

SCANNED = """
SELECT customer_id, min(event_time) AS first_seen, max(event_time) AS last_seen, uniqExactIf(visitor_id, visitor_id != '') AS visitors,
    uniqExactIf(session_id, session_id != '') AS sessions, count() AS events, countIf(kind = 'page_view') AS page_views
FROM events WHERE site = {site:String} AND customer_id != '' GROUP BY customer_id ORDER BY customer_id
"""
SHOWN = """
SELECT customer_id, first_seen, last_seen, visitors, sessions, events, page_views FROM customers WHERE site = {site:String} ORDER BY customer_id
"""


def shown(client, what="customer_id, events", site="demo"):
    return client.rows(f"SELECT {what} FROM customers WHERE site = {{site:String}} ORDER BY customer_id", {"site": site})


@pytest.mark.parametrize("seed", range(3))
def test_rows_say_what_the_events_say(client, seed):
    site, chance = f"s{seed}", random.Random(seed)
    tell(client, site, chance)
    counted(client)
    assert client.rows(SHOWN, {"site": site}) == client.rows(SCANNED, {"site": site}) != []
    for customer in CUSTOMERS:
        row = client.dicts(f"SELECT * FROM customer(site = '{site}', customer = '{customer}')")
        assert row == client.dicts(f"SELECT * FROM customers WHERE site = '{site}' AND customer_id = '{customer}'")


def test_a_row_follows_what_is_stored_later(client):
    at = Count.resumed(client)
    assert at.round(client) == 0
    insert(
        client,
        "tracked",
        event("e1", visitor_id="v", customer_id="C", session_id="a"),
        event("e2", visitor_id="w"),
        event("e3", visitor_id="u"),
    )
    assert (at.round(client), shown(client)) == (1, [("C", 1)])
    assert at.round(client) == 0
    insert(client, "identities", identity("w", "C"))
    assert (at.round(client), shown(client, "events, visitors")) == (1, [(2, 2)])
    insert(client, "scores", score("c:C", 7.0, half_life_s=0.0, stage="intent"))
    assert (at.round(client), shown(client, "stage, scores")) == (1, [("intent", {"engagement": 7.0})])
    insert(
        client,
        "sessions",
        session("b", customer_id="C", joined=["e1"]),
        session("a", customer_id="C", version=2, status="superseded", superseded_by="c"),
    )
    assert [at.round(client) for _ in range(2)] == [1, 0]
    insert(client, "tracked", event("e4", customer_id="D"))
    assert (at.round(client), shown(client)) == (1, [("C", 2), ("D", 1)])


def copies(client):
    tables = ("events_by_time_raw", "notable_events_raw", "seen_customers", "rebuild_marks", "rollup_marks")
    return {table: sorted(map(str, client.rows(f"SELECT * FROM {table}"))) for table in tables}


def test_what_has_become_of_an_event_is_written_beside_it_and_nowhere_else(client):
    """No day is counted again and none is rebuilt because a visitor of long ago is known by name now."""
    events = [
        event("e1", visitor_id="v", session_id=""),
        event("e2", visitor_id="v", kind="purchase", value=3.0),
        event("e3", historical=True),
    ]
    insert(client, "tracked", *(one | {"visitor_id": "v"} for one in events))
    insert(client, "identities", identity("v", "C"))
    before = copies(client)
    count(client, "demo", ["C"])
    assert client.rows("SELECT count(), countIf(corrected[4] = 'C') FROM events_raw FINAL") == [(3, 3)]
    assert copies(client) == before
    assert [row[0] for row in client.rows("SELECT event_id FROM timeline(site = 'demo', customer = 'C')")] != []


def test_a_visitor_that_moves_is_counted_at_both_and_who_has_nothing_left_is_gone(client):
    at = Count.resumed(client)
    insert(client, "tracked", event("e1", visitor_id="v", customer_id="C"), event("e2", visitor_id="w"))
    insert(client, "identities", identity("v", "C"))
    at.round(client)
    insert(client, "identities", identity("v", "D", version=2))
    assert at.round(client) == 2
    assert shown(client) == [("D", 1)]
    assert client.rows("SELECT * FROM customer(site = 'demo', customer = 'C')") == []


def test_a_row_is_counted_once_more_when_its_marks_have_settled(client):
    at = Count.resumed(client)
    insert(client, "tracked", event("e1", visitor_id="v", customer_id="C"))
    assert at.round(client) == 1
    client.command("TRUNCATE TABLE customers_raw")
    assert (at.round(client), shown(client)) == (0, [])
    while not at.round(client, settle_ms=1):
        pass
    assert shown(client) == [("C", 1)]
    assert at.round(client, settle_ms=1) == 0


def test_old_marks_are_counted_once_in_steps(client, monkeypatch):
    insert(client, "tracked", *(event(f"e{number}", visitor_id=f"v{number}", customer_id=f"C{number:02}") for number in range(25)))
    client.command(
        "INSERT INTO seen_customers SELECT * REPLACE (toDateTime64('2026-01-01', 3) + rowNumberInAllBlocks() AS marked) FROM seen_customers"
    )
    client.command("ALTER TABLE seen_customers DELETE WHERE marked > now() - 3600 SETTINGS mutations_sync = 2")
    monkeypatch.setattr(customers, "AT_ONCE", 10)
    at = Count.resumed(client)
    assert at.behind_ms(client) > 3_600_000
    assert [at.round(client) for _ in range(4)] == [10, 10, 5, 0]
    assert at.behind_ms(client) == 0
    assert len(shown(client)) == 25


def test_names_of_customers_are_taken_as_they_are(client):
    names = sorted(["o'brien", 'say "x"', "back\\slash", "{x:String}", "%(site)s", "ü€😀", "a]b", "-- c", "x" * 200])
    insert(client, "tracked", *(event(f"e{n}", visitor_id=f"v{n}", customer_id=name) for n, name in enumerate(names)))
    insert(client, "scores", *(score(f"c:{name}", 7.0, half_life_s=0.0) for name in names))
    count(client, "demo", names)
    assert shown(client, "customer_id, scores") == [(name, {"engagement": 7.0}) for name in names]
