"""Both agents as a process on a real broker: events in; tracked events, sessions, identities, scores and signals out."""

import asyncio
import time
import uuid

import pytest

from schemas.topics import EVENTS, IDENTITIES, REJECTED, SCORE_CHANGES, SCORES, SESSIONS, SIGNALS, TRACKED
from tests.streams.conftest import PARTITIONS

pytestmark = pytest.mark.kafka

MINUTE_MS = 60_000
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"


def event(site, kind, *, minutes_ago=0.0, **fields):
    now = time.time_ns() // 1_000_000
    made = {
        "event_id": str(uuid.uuid4()),
        "site": site,
        "kind": kind,
        "created_at": now - int(minutes_ago * MINUTE_MS),
        "sent_at": now,
        "received_at": now,
        "content_hash": uuid.uuid4().hex[:16],
        "user_agent": BROWSER,
    }
    return made | fields


def view(site, visitor, path, minutes_ago=0.0):
    return event(site, "page_view", visitor_id=visitor, url=f"https://shop.example{path}", minutes_ago=minutes_ago)


async def test_a_visit_becomes_a_session_a_score_and_one_signal(stream_topics, start_streams):
    site = "visit"
    streams = start_streams()
    await stream_topics.send([view(site, "v1", "/", 9), view(site, "v1", "/pricing", 8), view(site, "v1", "/pricing")])
    streams.until_done()
    tracked = await stream_topics.values(TRACKED, site=site)
    assert [line["url_path"] for line in tracked] == ["/", "/pricing", "/pricing"]
    (session_id,) = {line["session_id"] for line in tracked}
    assert [row["status"] for row in await stream_topics.values(SESSIONS, site=site)] == ["opened"]
    (signal,) = await stream_topics.values(SIGNALS, site=site)
    assert (signal["trigger"], signal["status"], signal["subject"]) == ("price_page_twice", "fired", "v:v1")
    changes = await stream_topics.values(SCORE_CHANGES, site=site, score="engagement")
    assert {change["rule"] for change in changes} == {"page_view", "price_page"}
    score = (await stream_topics.values(SCORES, site=site, score="engagement"))[-1]
    assert score["value"] > 15

    assert streams.stop() == 0
    last = (await stream_topics.values(SESSIONS, site=site))[-1]
    assert (last["session_id"], last["status"], last["page_views"]) == (session_id, "updated", 3)


async def test_an_identified_visitor_hands_its_score_to_the_customer_once(stream_topics, start_streams):
    site = "known"
    streams = start_streams()
    await stream_topics.send([view(site, "v1", "/pricing", 3)])
    streams.until_done()
    await stream_topics.send([event(site, "identify", visitor_id="v1", customer_id="ada", traits={"company": "Engines"})])
    streams.until_done()
    await stream_topics.send([view(site, "v1", "/docs")])
    streams.until_done()
    (link,) = await stream_topics.values(IDENTITIES, site=site)
    assert (link["visitor_id"], link["customer_id"]) == ("v1", "ada")
    last = {record.key: record.value for record in await stream_topics.read(SCORES) if record.key.startswith(b"known:")}
    assert last[b"known:v:v1:engagement"] is None
    assert b'"customer_id":"ada"' in last[b"known:c:ada:engagement"]
    changes = await stream_topics.values(SCORE_CHANGES, site=site, score="engagement")
    assert sum(change["reason"] == "merged" for change in changes if change["rule"] == "price_page") == 1
    assert {line["customer_id"] for line in await stream_topics.values(TRACKED, site=site, url_path="/docs")} == {"ada"}


async def test_what_cannot_be_read_is_rejected_and_its_neighbours_pass(stream_topics, start_streams):
    good = view("poison", "v1", "/a")
    streams = start_streams()
    await stream_topics.send_raw({0: b"\xff{not json", 1: b"[]"})
    await stream_topics.send([good, good])
    streams.until_done()
    assert [line["event_id"] for line in await stream_topics.values(TRACKED, site="poison")] == [good["event_id"]]
    rejected = await stream_topics.values(REJECTED, stage="streams")
    assert [row["reason"] for row in rejected] == ["unreadable", "unreadable"]


async def test_lag_is_exactly_0_although_transactions_leave_control_records(stream_topics, start_streams):
    streams = start_streams()
    await stream_topics.send([view("lag", f"v{number}", "/") for number in range(20)])
    streams.until_done()
    assert streams.ready()["idle_s"] < 30
    assert streams.stop() == 0
    streams = start_streams()
    streams.until_done()
    assert len(await stream_topics.values(TRACKED, site="lag")) == 20
    ends = {record.partition: record.offset for record in await stream_topics.read(EVENTS)}
    assert set(ends) <= set(range(PARTITIONS))


MAILED = "mailed"
"""A site whose e-mails link those who land."""

SCANNER = (0.0, 0.06, 0.12)
"""Seconds between the clicks of a scanner."""


def mailed(site, kind, seconds_ago, event_id, **props):
    """An event about an e-mail, received so long ago that it has waited for its verdict."""
    made = event(site, kind, minutes_ago=seconds_ago / 60, customer_id="ada", message_id="news", props=props)
    return made | {"event_id": event_id, "received_at": made["received_at"] - 2 * MINUTE_MS, "sent_at": made["sent_at"] - 2 * MINUTE_MS}


async def test_a_scanners_clicks_count_nothing_and_the_click_of_who_lands_counts_once_and_links(stream_topics, start_streams, tmp_path):
    site = MAILED
    (tmp_path / "footprint.toml").write_text(f'[sites.{site}]\nkeys = ["k"]\nemail_links_visitors = true\n')
    streams = start_streams()
    scanner = [mailed(site, "email_click", 180 - later, f"scan{number}", link=number + 1) for number, later in enumerate(SCANNER)]
    clicked = str(uuid.uuid4())
    await stream_topics.send([mailed(site, "email_delivered", 223, "sent"), *scanner, mailed(site, "email_click", 125, clicked, link=1)])
    landing = view(site, "v9", f"/offer?fp_click={clicked}", 2) | {"pageview_id": "p"}
    read = event(site, "engagement", visitor_id="v9", pageview_id="p", engaged_ms=4_000, seq=1, minutes_ago=1.9)
    await stream_topics.send([landing, read])
    await asyncio.to_thread(streams.until_done)

    labels = {line["event_id"]: line["email_label"] for line in await stream_topics.values(TRACKED, site=site, control="verdict")}
    assert labels == {"scan0": "machine_certain", "scan1": "machine_certain", "scan2": "machine_certain", clicked: "human"}
    changes = await stream_topics.values(SCORE_CHANGES, site=site, score="engagement", rule="email_click")
    assert sum(change["points"] for change in changes) == 5
    assert {change["event_id"] for change in changes} == {clicked}
    assert [link["customer_id"] for link in await stream_topics.values(IDENTITIES, site=site)] == ["ada"]
    await stream_topics.send([view(site, "v9", "/docs")])
    await asyncio.to_thread(streams.until_done)
    assert [line["customer_id"] for line in await stream_topics.values(TRACKED, site=site, url_path="/docs")] == ["ada"]
