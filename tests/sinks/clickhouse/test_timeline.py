"""A timeline shows corrections that stand beside the events: once they are written, what the view of events resolves."""

import random

import pytest

from tests.sinks.clickhouse.test_mail_views import MACHINE, hit, verdict
from tests.sinks.counting import counted
from tests.sinks.rows import NOW, event, identity, insert, session

pytestmark = pytest.mark.store

VISITORS = ["v", "w", "x", "C"]
"""One browser is named like a customer."""
CUSTOMERS = ["C", "D"]
SHOWN = "event_id, visitor_id, customer_id, session_id, traffic, email_label, kind, event_time"
REBUILT = """
INSERT INTO events_raw SELECT * REPLACE (%(session)s AS session_id, version + 281474976710656 AS version)
FROM events_raw WHERE site = %(site)s AND event_id IN %(events)s
"""


def told(site, chance, ids):
    """Events of some browsers and of none, with verdicts on hits of e-mails."""
    for name in ids:
        visitor, customer = chance.choice([*VISITORS, ""]), chance.choice([*CUSTOMERS, "", ""])
        where = {"site": site, "visitor_id": visitor, "customer_id": customer, "event_time": NOW + chance.randrange(10)}
        if visitor and chance.random() < 0.8:
            yield event(name, **where, session_id=chance.choice(["a", "b", "c", ""]), traffic=chance.choice(["human", "human", "bot"]))
            continue
        yield hit(name, **where)
        if chance.random() < 0.5:
            yield verdict(name, 1, **where, **MACHINE)


def sessions_of(site, chance, ids):
    """Sessions that became others, were labelled, and took up events that came before them."""
    for visitor in VISITORS:
        of = {"site": site, "visitor_id": visitor, "version": 2}
        yield session("a", **of, status="superseded", superseded_by=chance.choice(["b", "d"]))
        yield session(chance.choice("bcd"), **of, traffic="suspect", relabelled=True)
        yield session(chance.choice("abc"), **of, joined=chance.sample(ids, 8))


def tell(client, site, chance):
    """Store some events in any order, with whatever may be said of an event later."""
    ids = [f"e{number}" for number in range(60)]
    insert(client, "tracked", *told(site, chance, ids))
    insert(client, "sessions", *sessions_of(site, chance, ids))
    links = [identity(visitor, chance.choice(CUSTOMERS), site=site) for visitor in VISITORS if chance.random() < 0.6]
    insert(client, "identities", *links)
    client.command(REBUILT, {"site": site, "events": tuple(chance.sample(ids, 6)), "session": chance.choice(["a", "b", ""])})


@pytest.mark.parametrize("seed", range(3))
def test_a_timeline_says_what_the_events_say(client, seed):
    site, chance = f"s{seed}", random.Random(seed)
    tell(client, site, chance)
    counted(client)
    for customer in CUSTOMERS:
        who = {"site": site, "customer": customer}
        events = f"SELECT {SHOWN} FROM events WHERE site = {{site:String}} AND customer_id = {{customer:String}} ORDER BY ALL"
        timeline = f"SELECT {SHOWN} FROM timeline(site = {{site:String}}, customer = {{customer:String}}) ORDER BY ALL"
        assert client.rows(timeline, who) == client.rows(events, who) != []


def sessions_shown(client):
    return client.rows("SELECT event_id, session_id FROM timeline(site='demo', customer='C')")


def test_corrections_follow_one_another_back_and_forth(client):
    insert(client, "tracked", event("e1", visitor_id="v", customer_id="C", session_id="a"))
    for version, survivor in enumerate("bcbcb"):
        insert(client, "sessions", session("a", customer_id="C", version=version, status="superseded", superseded_by=survivor))
        counted(client)
        assert sessions_shown(client) == [("e1", survivor)]
    client.command("OPTIMIZE TABLE events_raw FINAL")
    assert sessions_shown(client) == [("e1", "b")]
    assert client.rows("SELECT count() FROM events_raw") == [(1,)]


def test_a_copy_that_was_accepted_earlier_is_corrected_again(client):
    insert(client, "tracked", event("e1", visitor_id="v", customer_id="C", session_id="a", received_at=NOW + 9))
    insert(client, "sessions", session("a", customer_id="C", version=2, status="superseded", superseded_by="b"))
    counted(client)
    insert(client, "tracked", event("e1", visitor_id="v", customer_id="C", session_id="a", title="first", received_at=NOW + 1))
    counted(client)
    assert client.rows("SELECT title, session_id FROM timeline(site='demo', customer='C')") == [("first", "b")]


def test_what_came_before_a_link_is_shown_when_it_is_corrected_and_moves_with_the_visitor(client):
    insert(client, "tracked", event("e1", visitor_id="v"), event("e2", visitor_id="u"), event("e3", visitor_id="u", customer_id="C"))
    insert(client, "identities", identity("v", "C"))
    assert [row[0] for row in sessions_shown(client)] == ["e3"]
    counted(client)
    assert [row[0] for row in sessions_shown(client)] == ["e1", "e3"]
    insert(client, "identities", identity("v", "D", version=2))
    counted(client)
    assert [row[0] for row in sessions_shown(client)] == ["e3"]
    assert client.rows("SELECT event_id FROM timeline(site='demo', customer='D')") == [("e1",)]


def test_a_sentence_names_the_customer(client):
    known = {"visitor_id": "v", "customer_id": "C"}
    insert(client, "tracked", event("e1", kind="identify", event_time=NOW + 1, **known))
    insert(client, "tracked", event("e2", kind="alias", previous_id="w", event_time=NOW + 2, **known))
    insert(client, "identities", identity("v", "C"))
    assert client.rows("SELECT sentence FROM timeline(site='demo', customer='C')") == [
        ("was identified as C",),
        ("was recognised: w is C",),
    ]


def test_what_an_event_says_is_stored_with_it(client):
    insert(client, "tracked", event("e1", kind="form_submit", url_path="/p", props={"form": "contact"}))
    insert(client, "tracked", event("e2", kind="preference", props={"topic": " ", "opt": "in"}))
    insert(client, "tracked", event("e3", kind="preference", props={"topic": "news", "opt": "maybe"}))
    insert(client, "tracked", event("e4", kind="email_bounce", message_id="m", props={"bounce": "hard"}))
    insert(client, "tracked", event("e5", kind="engagement", url="https://shop.example/", engaged_ms=1999))
    assert client.rows("SELECT sentence, stated FROM events_raw ORDER BY event_id") == [
        ("sent the form contact on /p", []),
        ("opted in for   by ?", ["all", "email", "in"]),
        ("opted maybe for news by ?", []),
        ('did not get the e-mail "m": it bounced', ["all", "email", "out"]),
        ("spent 2 s on https://shop.example/", []),
    ]


ODD = [None, True, 7, 1.5, [], [1, None, "x"], {}, {"a": {"b": 1}}, [{"a": 1}, {"b": [2]}], [[1], ["x", {}]], "", "\x00", "2026-01-01"]


def test_no_property_of_a_caller_keeps_an_event_from_being_stored(client):
    names = ("form", "opt", "topic", "channel", "bounce")
    kinds = ("form_submit", "preference", "email_bounce", "custom")
    told = [event(f"{kind}{n}", kind=kind, props=dict.fromkeys(names, value)) for kind in kinds for n, value in enumerate(ODD)]
    insert(client, "tracked", *told)
    assert client.rows("SELECT count(), countIf(sentence = ''), countIf(notEmpty(stated)) FROM events_raw") == [(len(told), 0, 0)]
