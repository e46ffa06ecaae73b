"""Both agents as a process on a real broker: events in; tracked events, sessions, identities, scores and signals out."""

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
