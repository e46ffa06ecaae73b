"""What analysts read."""

import math
import time

import pytest

from tests.sinks.counting import counted
from tests.sinks.rows import NOW, change, event, identity, insert, rejected, score, session, signal

pytestmark = pytest.mark.store

HOUR = 3_600_000
COLUMNS = {
    "events": "event_id, site, visitor_id, customer_id, session_id, kind, name, event_time, created_at, sent_at, received_at, ts_source, skew_ms, "
    "url, url_host, url_path, title, referrer, referrer_class, utm_source, utm_medium, utm_campaign, utm_term, utm_content, click_id, channel, "
    "browser, os, device, country, language, screen_width, screen_height, traffic, traffic_reasons, historical, consent, pageview_id, seq, "
    "engaged_ms, scroll_pct, value, currency, props",
    "sessions": "session_id, site, visitor_id, customer_id, started_at, ended_at, closed, close_reason, events, page_views, clicks, engaged_ms, "
    "span_ms, engaged, bounced, entry_path, exit_path, channel, utm_source, utm_medium, utm_campaign, country, device, traffic, value",
    "scores": "site, subject, customer_id, visitor_id, score, value, band, stage, model_version, half_life_s, reasons, updated_at",
    "score_changes": "site, subject, score, rule, model_version, event_id, event_time, points, before, after, band_before, band_after, reason, at",
    "signals": "signal_id, site, subject, trigger, version, event_id, fired_at, status, reason, payload",
    "identities": "site, visitor_id, customer_id, linked_at",
    "rejected": "site, stage, reason, message, event_id, received_at, original",
}
COLUMNS["events_human"] = COLUMNS["events"]
COLUMNS["sessions_human"] = COLUMNS["sessions"]


@pytest.mark.parametrize("view", COLUMNS)
def test_a_view_has_the_columns_people_rely_on_first_and_in_their_order(client, view):
    wanted = COLUMNS[view].split(", ")
    assert [row[0] for row in client.rows(f"DESCRIBE TABLE {view}")][: len(wanted)] == wanted


def test_ids_are_strings_and_properties_are_json(client):
    types = {row[0]: row[1] for row in client.rows("DESCRIBE TABLE events")}
    assert {types[name] for name in ("event_id", "visitor_id", "customer_id", "session_id")} == {"String"}
    assert types["props"].startswith("JSON")


def test_the_first_accepted_copy_of_an_event_stands(client):
    for received, title in ((3, "third"), (1, "first"), (2, "second")):
        insert(client, "tracked", event("e1", visitor_id="v", title=title, received_at=NOW + received))
    assert client.rows("SELECT title FROM events") == [("first",)]


def test_events_show_the_session_that_survived(client):
    insert(client, "tracked", event("e1", visitor_id="v", session_id="a"), event("e2", visitor_id="v", session_id="b"))
    insert(client, "tracked", event("e3", visitor_id="v"), event("e4", visitor_id="v"))
    insert(client, "sessions", session("a"), session("b"), session("c", joined=["e3"]))
    insert(client, "sessions", session("a", version=2, status="superseded", superseded_by="b"))
    insert(client, "sessions", session("a", version=3, status="superseded", superseded_by="d"))
    insert(client, "sessions", session("b", version=2, status="superseded", superseded_by="d"), session("d"))
    insert(client, "sessions", session("c", version=2, status="superseded", superseded_by="d"))
    assert dict(client.rows("SELECT event_id, session_id FROM events")) == {"e1": "d", "e2": "d", "e3": "d", "e4": ""}
    assert client.rows("SELECT session_id FROM sessions") == [("d",)]


def test_events_show_the_label_of_their_session_when_it_is_worse_than_their_own(client):
    own = {"traffic": "bot", "traffic_reasons": ["webdriver"]}
    insert(client, "tracked", event("e1", visitor_id="v", session_id="a"), event("e2", visitor_id="v", session_id="a", **own))
    insert(client, "tracked", event("e3", visitor_id="v", session_id="b"), event("e4", visitor_id="v", session_id="c"))
    suspect = {"traffic": "suspect", "traffic_reasons": ["rate"], "relabelled": True}
    insert(client, "sessions", session("a", traffic="bot", relabelled=True), session("b", **suspect), session("c", **suspect))
    insert(client, "sessions", session("c", version=2, relabelled=True))
    shown = {row[0]: row[1:] for row in client.rows("SELECT event_id, traffic, traffic_reasons FROM events")}
    assert shown["e1"] == ("bot", ["session"])
    assert shown["e2"] == ("bot", ["webdriver"])
    assert shown["e3"] == ("suspect", ["rate"])
    assert shown["e4"] == ("human", [])
    assert client.rows("SELECT event_id FROM events_human") == [("e4",)]


CORRECTED = """
INSERT INTO events_raw SELECT * REPLACE ('right' AS session_id, 'click' AS name, version + 281474976710656 AS version)
FROM events_raw WHERE event_id = 'e1'
"""


def test_a_correction_hides_what_the_event_said_before(client):
    insert(client, "tracked", event("e1", visitor_id="v", session_id="wrong", customer_id="C", name="view"))
    client.command(CORRECTED)
    for source in ("events", "timeline(site='demo', customer='C')"):
        assert client.rows(f"SELECT session_id FROM {source} WHERE name = 'view'") == []
        assert client.rows(f"SELECT session_id FROM {source} WHERE name = 'click'") == [("right",)]
    assert client.rows("SELECT name FROM events_by_time WHERE name = 'view'") == []
    assert client.rows("SELECT session = cityHash64('demo', 'v', 'right') FROM events_by_time") == [(1,)]


BY_TIME = """
SELECT event_time, kind, name, if(customer_id != '', cityHash64(site, customer_id), if(visitor_id != '', cityHash64(site, visitor_id), 0)) AS person,
       if(visitor_id = '', 0, cityHash64(site, visitor_id)) AS visitor, if(session_id = '', 0, cityHash64(site, visitor_id, session_id)) AS session, traffic
FROM events ORDER BY ALL
"""


def test_events_by_time_say_what_events_say(client):
    for _ in range(2):
        insert(client, "tracked", event("e1", visitor_id="v", session_id="a"), event("e2", visitor_id="v", session_id="b", name="n"))
        insert(client, "tracked", event("e3", visitor_id="v"), event("e4", customer_id="C", kind="email_open"), event("e5"))
        insert(client, "tracked", event("e6", visitor_id="w", session_id="a", customer_id="D"), event("e7", visitor_id="C", site="other"))
    insert(client, "sessions", session("a", version=2, status="superseded", superseded_by="b"), session("c", joined=["e3"]))
    insert(client, "sessions", session("c", version=2, status="superseded", superseded_by="b"))
    insert(client, "sessions", session("b", version=3, traffic="suspect", relabelled=True))
    insert(client, "identities", identity("v", "C"), identity("x", "E"))
    told = client.rows("SELECT event_time, kind, name, person, visitor, session, traffic FROM events_by_time ORDER BY ALL")
    assert told == client.rows(BY_TIME)
    assert len(told) == 7


def test_another_visitor_or_site_with_the_same_session_id_is_left_alone(client):
    insert(client, "tracked", event("e1", visitor_id="v", session_id="a"), event("e2", visitor_id="w", session_id="a"))
    insert(client, "tracked", event("e3", site="other", visitor_id="v", session_id="a"))
    insert(client, "sessions", session("a", status="superseded", superseded_by="b"))
    assert dict(client.rows("SELECT event_id, session_id FROM events")) == {"e1": "b", "e2": "a", "e3": "a"}


def test_the_newest_record_of_a_session_is_shown_whatever_came_last(client):
    insert(client, "sessions", session("a", version=3, events=9, closed=True, close_reason="idle"))
    insert(client, "sessions", session("a", version=2, events=5))
    assert client.rows("SELECT events, closed, close_reason FROM sessions") == [(9, True, "idle")]


def test_a_link_gives_the_customer_to_everything_the_visitor_did(client):
    insert(client, "tracked", event("e1", visitor_id="v"), event("e2", visitor_id="w"), event("e3", customer_id="D"))
    insert(client, "sessions", session("a"), session("b", visitor_id="w"))
    insert(client, "identities", identity("v", "B"))
    insert(client, "identities", identity("v", "C"))
    assert dict(client.rows("SELECT event_id, customer_id FROM events")) == {"e1": "C", "e2": "", "e3": "D"}
    assert dict(client.rows("SELECT session_id, customer_id FROM sessions")) == {"a": "C", "b": ""}


def test_machine_traffic_is_left_out_of_the_human_views_alone(client):
    insert(client, "tracked", event("e1"), event("e2", traffic="bot", traffic_reasons=["crawler"]))
    insert(client, "sessions", session("a"), session("b", traffic="suspect"))
    assert client.rows("SELECT (SELECT count() FROM events), (SELECT count() FROM events_human)") == [(2, 1)]
    assert client.rows("SELECT (SELECT count() FROM sessions), (SELECT count() FROM sessions_human)") == [(2, 1)]


@pytest.mark.parametrize("half_life_s", [0.0, 600.0, 3600.0])
@pytest.mark.parametrize("raw", [250.0, 40.0, -3.0, 0.004])
def test_a_score_is_shown_decayed_to_now_and_clamped(client, half_life_s, raw):
    updated = int(time.time() * 1000) - HOUR
    insert(client, "scores", score("c:C", raw, half_life_s=half_life_s, updated_at=updated))
    shown, now_ms = client.rows("SELECT value, toUnixTimestamp64Milli(now64(3)) FROM scores")[0]
    decayed = raw * (2 ** -((now_ms - updated) / 1000 / half_life_s) if half_life_s else 1)
    clamped = min(max(decayed, 0.0), 100.0)
    assert math.isclose(shown, 0.0 if clamped < 0.01 else clamped, rel_tol=1e-4)


def test_a_score_updated_in_the_future_is_not_grown_back(client):
    insert(client, "scores", score("c:C", 40.0, updated_at=int(time.time() * 1000) + HOUR))
    assert client.rows("SELECT value FROM scores") == [(40.0,)]


def test_withdrawn_signals_are_not_shown_and_the_highest_revision_counts(client):
    insert(client, "signals", signal("a", revision=2, status="withdrawn"), signal("b", status="suppressed_late"), signal("a"))
    assert client.rows("SELECT signal_id, status FROM signals") == [("b", "suppressed_late")]


def test_every_view_answers_when_nothing_is_stored(client):
    for view in [*COLUMNS, "customers", "page_daily", "campaign_daily"]:
        assert client.rows(f"SELECT * FROM {view}") == []
    for view in ("timeline", "why", "customer"):
        assert client.rows(f"SELECT * FROM {view}(site='demo', customer='C')") == []


def test_the_timeline_stitches_all_visitors_in_the_one_order(client):
    insert(client, "identities", identity("v", "C"), identity("w", "C"), identity("x", "D"), identity("y", "C", site="other"))
    insert(
        client,
        "tracked",
        event("e5", visitor_id="w", event_time=NOW + 5, pageview_id="p1", seq=2),
        event("e2", visitor_id="v", event_time=NOW + 2),
        event("e4", visitor_id="w", event_time=NOW + 5, pageview_id="p1", seq=1),
        event("e3", customer_id="C", kind="email_click", event_time=NOW + 3, message_id="spring"),
        event("e6", visitor_id="never linked", customer_id="C", event_time=NOW + 6),
        event("e7", visitor_id="x", event_time=NOW + 2),
        event("e8", visitor_id="C", event_time=NOW + 2),
        event("e9", visitor_id="y", event_time=NOW + 2),
        event("e1", visitor_id="v", event_time=NOW + 1, kind="purchase", value=9.5, currency="EUR"),
    )
    counted(client)
    rows = client.rows("SELECT event_id, sentence FROM timeline(site='demo', customer='C')")
    assert [row[0] for row in rows] == ["e1", "e2", "e3", "e4", "e5", "e6"]
    assert rows[0][1] == "bought for 9.5 EUR"
    assert rows[2][1] == 'clicked in the e-mail "spring"'
    assert rows == client.rows("SELECT event_id, sentence FROM timeline(site={s:String}, customer={c:String})", {"s": "demo", "c": "C"})


def test_every_kind_has_a_sentence(client):
    from schemas.kinds import Kind

    insert(client, "tracked", *[event(f"e{kind}", kind=kind, customer_id="C", name="n", url_path="/p") for kind in Kind])
    sentences = [row[0] for row in client.rows("SELECT sentence FROM timeline(site='demo', customer='C')")]
    assert len(set(sentences)) == len(Kind)
    assert all(len(sentence) > 3 for sentence in sentences)


def test_why_explains_the_shown_score_to_the_last_point(client):
    now = int(time.time() * 1000)
    insert(
        client, "scores", score("c:C", 150.0, updated_at=now - HOUR), score("c:C", 4.0, score="fit", half_life_s=0.0, updated_at=now - HOUR)
    )
    insert(
        client,
        "score_changes",
        change("c:C", "views", 150.0, event_time=now - 2 * HOUR),
        change("c:C", "views", 50.0, event_time=now - 2 * HOUR),
        change("c:C", "purchase", 60.0, event_time=now - HOUR),
        change("c:C", "views", -20.0, event_time=now - 2 * HOUR, reason="displaced"),
        change("c:C", "country", 4.0, score="fit", event_time=now - 9 * HOUR),
        change("c:D", "views", 7.0, event_time=now - HOUR),
    )
    rows = client.rows("SELECT score, rule, points, shown, changes FROM why(site='demo', customer='C')")
    assert [(row[0], row[1]) for row in rows] == [
        ("engagement", "views"),
        ("engagement", "purchase"),
        ("engagement", "clamp"),
        ("fit", "country"),
        ("fit", "clamp"),
    ]
    for name in ("engagement", "fit"):
        assert math.isclose(sum(row[2] for row in rows if row[0] == name), next(row[3] for row in rows if row[0] == name), abs_tol=1e-9)
    points = {(row[0], row[1]): row[2] for row in rows}
    assert math.isclose(points["engagement", "views"], 180 / 4, rel_tol=1e-2)
    assert math.isclose(points["engagement", "purchase"], 60 / 2, rel_tol=1e-2)
    assert math.isclose(points["engagement", "clamp"], 0.0, abs_tol=1e-6)


def test_the_clamp_row_says_what_the_ceiling_took(client):
    insert(client, "scores", score("c:C", 130.0, half_life_s=0.0))
    insert(client, "score_changes", change("c:C", "views", 130.0))
    assert client.rows("SELECT rule, points, shown FROM why(site='demo', customer='C')") == [
        ("views", 130.0, 100.0),
        ("clamp", -30.0, 100.0),
    ]


def test_a_customer_is_one_row_over_all_visitors(client):
    insert(client, "identities", identity("v", "C"), identity("w", "C"))
    insert(
        client,
        "tracked",
        event("e1", visitor_id="v", session_id="a", channel="search", event_time=NOW + 1),
        event("e2", visitor_id="w", session_id="b", channel="direct", event_time=NOW + 2, kind="purchase", value=30.0),
        event("e3", customer_id="C", event_time=NOW + 3, kind="refund", value=10.0),
        event("e4", customer_id="C", event_time=NOW + 4, kind="preference", props={"topic": "news", "channel": "email", "opt": "out"}),
        event("e5", customer_id="C", event_time=NOW + 3, kind="preference", props={"topic": "news", "channel": "email", "opt": "in"}),
        event("e6", visitor_id="v", event_time=NOW + 5, kind="identify", traits={"plan": "pro"}),
        event("e7", visitor_id="x", event_time=NOW + 5),
    )
    liked = [{"rule": "coats", "points": 8.0}, {"rule": "shoes", "points": -3.0}, {"rule": "hats", "points": 1.5}]
    insert(client, "scores", score("c:C", 42.0, half_life_s=0.0, stage="intent"))
    insert(client, "scores", score("c:C", 6.5, score="interests", half_life_s=0.0, stage="intent", band="", reasons=liked))
    counted(client)
    (row,) = client.dicts("SELECT * FROM customers")
    assert (row["customer_id"], row["visitors"], row["sessions"], row["events"], row["orders"], row["value"]) == ("C", 2, 2, 6, 1, 20.0)
    assert (row["channels"], row["first_channel"], row["last_channel"]) == (["direct", "search"], "search", "direct")
    assert (row["scores"], row["stage"]) == ({"engagement": 42.0, "interests": 6.5}, "intent")
    assert (row["bands"], row["interests"]) == ({"engagement": "A1", "interests": ""}, {"coats": 8.0, "hats": 1.5})
    assert (row["preferences"], row["traits"]) == ({"news/email": "out"}, '{"plan":"pro"}')
    assert client.dicts("SELECT * FROM customer(site='demo', customer='C')") == [row]
    assert client.dicts("SELECT * FROM customer(site='other', customer='C')") == []


def test_days_of_pages_and_campaigns_count_copies_once(client):
    for _ in range(2):
        insert(client, "tracked", event("e1", visitor_id="v", url_path="/p"), event("e2", visitor_id="w", url_path="/p"))
        insert(client, "tracked", event("e3", visitor_id="v", url_path="/p", kind="engagement", engaged_ms=500))
        insert(client, "sessions", session("a", utm_campaign="spring", value=3.0))
    assert client.rows("SELECT page_views, visitors, engaged_ms FROM page_daily") == [(2, 2, 500)]
    assert client.rows("SELECT utm_campaign, sessions, value FROM campaign_daily") == [("spring", 1, 3.0)]


def test_filters_reach_the_sorted_table_through_the_view(client):
    insert(client, "tracked", *[event(f"e{n}", visitor_id=f"v{n % 50}", event_time=NOW + n) for n in range(100)])
    plan = "\n".join(
        row[0] for row in client.rows("EXPLAIN indexes = 1 SELECT count() FROM resolved_events WHERE site = 'demo' AND actor = 'v7'")
    )
    assert "(actor in ['v7', 'v7'])" in plan
    plan = "\n".join(
        row[0] for row in client.rows(f"EXPLAIN indexes = 1 SELECT count() FROM events WHERE event_time > fromUnixTimestamp64Milli({NOW})")
    )
    assert "toStartOfQuarter(event_time) in" in plan


def test_rejected_rows_are_read_as_they_were_told(client):
    insert(client, "rejected", rejected(message="say why", event_id="e1"))
    assert client.rows("SELECT stage, reason, message, event_id, original FROM rejected") == [("collector", "no_id", "say why", "e1", "{}")]
