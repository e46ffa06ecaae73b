"""The collector's answers over HTTP, with a publisher that records."""

import asyncio
import base64
import gzip
import json
from datetime import UTC, datetime

import pytest

from collector.core.answers import GIF
from collector.core.routes import ROUTES
from collector.ports import Spooled
from schemas import codec
from schemas.events import Event
from schemas.rejections import RejectedRecord
from tests.collector.conftest import NOW
from tests.collector.recording import eventually

KEY = {"x-write-key": "demo-key"}
VIEW = {"type": "page", "anonymousId": "v1", "messageId": "m1", "context": {"page": {"url": "https://shop.example/prices"}}}
ORIGIN = {"origin": "https://shop.example"}
POSTS = sorted(path for path, route in ROUTES.items() if route.form in ("batch", "single"))


def basic(user):
    return {"authorization": "Basic " + base64.b64encode(f"{user}:".encode()).decode()}


def batch(*messages, **fields):
    return {"batch": list(messages), "sentAt": "2026-11-22T01:00:00Z", **fields}


@pytest.mark.parametrize("path", POSTS)
async def test_every_ingest_path_accepts_and_never_redirects(http, publisher, path):
    body = batch(VIEW) if ROUTES[path].form == "batch" else {k: v for k, v in VIEW.items() if k != "type"} | {"event": "Tried"}
    answer = await http.post(path, json=body, headers=KEY)
    assert (answer.status_code, answer.json()) == (200, {"success": True, "accepted": 1, "duplicate": 0, "rejected": 0})
    assert answer.headers["content-type"] == "application/json"
    [stored] = publisher.stored
    assert Event.model_validate(stored).site == "demo"


@pytest.mark.parametrize("name", ["track", "identify", "page", "screen", "group", "alias"])
@pytest.mark.parametrize("slash", ["", "/"])
async def test_every_pixel_answers_with_an_image(http, publisher, name, slash):
    data = base64.urlsafe_b64encode(codec.dumps({"anonymousId": "v1", "event": "Email Opened", "writeKey": "demo-key"})).decode()
    answer = await http.get(f"/v1/pixel/{name}{slash}", params={"data": data})
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, GIF, "image/gif")
    assert "no-store" in answer.headers["cache-control"]
    assert len(publisher.stored) == 1


@pytest.mark.parametrize(
    "query",
    [
        "",
        "data=%%%",
        "data=eyJ",
        "writeKey=wrong&userId=u&event=x",
        "writeKey=demo-key&event=x",
        "data=" + base64.b64encode(b"[1]").decode(),
        "&".join(["a=1"] * 600),
    ],
)
async def test_a_pixel_is_an_image_whatever_was_asked(http, publisher, query):
    answer = await http.get(f"/v1/pixel/track?{query}")
    assert (answer.status_code, answer.content) == (200, GIF)
    assert publisher.stored == []


async def test_a_pixel_takes_plain_parameters(http, publisher):
    query = "writeKey=demo-key&userId=u1&event=Email+Opened&properties.message_id=m7&messageId=e1"
    await http.get(f"/v1/pixel/track?{query}", headers={"user-agent": "Mail/1"})
    [stored] = publisher.stored
    assert (stored["kind"], stored["customer_id"], stored["message_id"], stored["event_id"]) == ("email_open", "u1", "m7", "e1")
    assert (stored["user_agent"], stored["ip"]) == ("Mail/1", "198.51.100.0")


async def test_looking_at_a_pixel_without_fetching_it_records_nothing(http, publisher):
    answer = await http.head("/v1/pixel/track?writeKey=demo-key&userId=u1&event=Email+Opened")
    assert answer.status_code == 200
    assert publisher.stored == []


async def test_a_pixel_that_could_not_be_kept_is_an_image_and_is_counted(http, publisher):
    publisher.away = True
    answer = await http.get("/v1/pixel/track?writeKey=demo-key&userId=u1&event=x")
    assert (answer.status_code, answer.content) == (200, GIF)
    assert 'footprint_collector_not_durable_total{entry="pixel"} 1.0' in (await http.get("/metrics")).text


@pytest.mark.parametrize("place", ["basic", "bearer", "header", "query", "body"])
async def test_a_key_is_taken_from_each_of_its_places(http, publisher, place):
    headers = {"basic": basic("demo-key"), "bearer": {"authorization": "Bearer demo-key"}, "header": KEY}.get(place, {})
    path = "/v1/batch?writeKey=demo-key" if place == "query" else "/v1/batch"
    body = batch(VIEW, writeKey="demo-key") if place == "body" else batch(VIEW)
    answer = await http.post(path, content=json.dumps(body), headers={"content-type": "text/plain", **headers})
    assert (answer.status_code, len(publisher.stored)) == (200, 1)


async def test_the_first_place_with_a_key_decides(http, publisher):
    answer = await http.post("/v1/batch?writeKey=demo-key", json=batch(VIEW, writeKey="demo-key"), headers=basic("wrong"))
    assert (answer.status_code, answer.json()["code"], publisher.stored) == (401, "unknown_key", [])


async def test_rudderstacks_beacon_is_a_batch_with_the_key_in_the_query(http, publisher):
    answer = await http.post("/beacon/v1/batch?writeKey=demo-key", content=json.dumps(batch(VIEW)), headers={"user-agent": "Browser/1"})
    assert answer.status_code == 200
    assert publisher.stored[0]["user_agent"] == "Browser/1"


@pytest.mark.parametrize(
    ("content", "headers", "status", "code"),
    [
        (b"not json", KEY, 400, "invalid_json"),
        (b"", KEY, 400, "invalid_json"),
        (b"[" * 200_000, KEY, 400, "invalid_json"),
        (b'{"events":[]}', KEY, 400, "no_batch"),
        (b"7", KEY, 400, "no_batch"),
        (b'{"batch":[]}', {}, 401, "missing_key"),
        (b'{"batch":[]}', {"x-write-key": "wrong"}, 401, "unknown_key"),
        (b'{"batch":[],"writeKey":"wrong"}', {}, 401, "unknown_key"),
        (b"x" * 11_000_000, KEY, 413, "too_large"),
        (gzip.compress(b" " * 11_000_000), KEY, 413, "too_large"),
        (b'{"batch":[' + b"1," * 10_000 + b"1]}", KEY, 413, "too_many_events"),
        (b"\x28\xb5\x2f\xfd", {**KEY, "content-encoding": "zstd"}, 415, "unknown_encoding"),
    ],
)
async def test_a_bad_request_is_refused_with_code_and_message(http, publisher, *, content, headers, status, code):
    answer = await http.post("/v1/batch", content=content, headers={**headers, **ORIGIN})
    body = answer.json()
    assert (answer.status_code, body["success"], body["code"]) == (status, False, code)
    assert len(body["message"]) > 10
    assert answer.headers["access-control-allow-origin"] == ORIGIN["origin"]
    assert (publisher.stored, publisher.turned_away) == ([], [])
    if status == 413 and code == "too_large":
        assert "10,000,000" in body["message"]


async def test_a_body_over_the_limit_without_a_length_is_refused(http):
    async def chunks():
        for _ in range(11):
            yield b" " * 1_000_000

    answer = await http.post("/v1/batch", content=chunks(), headers=KEY)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_good_neighbours_of_bad_events_are_stored(http, publisher):
    large = {**VIEW, "messageId": "large", "properties": {"a": "a" * 65 * 1024}}
    unknown = {"type": "track", "kind": "teleport", "event": "x", "anonymousId": "v1", "messageId": "odd"}
    answer = await http.post(
        "/v1/batch", json=batch({**VIEW, "messageId": "a"}, large, unknown, 5, {**VIEW, "messageId": "b"}), headers=KEY
    )
    body = answer.json()
    assert (answer.status_code, body["success"], body["accepted"], body["rejected"]) == (200, True, 2, 3)
    assert [(one["index"], one["id"], one["code"]) for one in body["errors"]] == [
        (1, "large", "too_large"),
        (2, "odd", "unknown_kind"),
        (3, "", "not_an_object"),
    ]
    assert [one["event_id"] for one in publisher.stored] == ["a", "b"]
    records = [RejectedRecord.model_validate(record) for record in publisher.turned_away]
    assert [(record.site, record.stage, record.event_id, str(record.reason)) for record in records] == [
        ("demo", "collector", "large", "too_large"),
        ("demo", "collector", "odd", "unknown_kind"),
        ("demo", "collector", "", "not_an_object"),
    ]
    assert {key for key, _ in publisher.rejected} == {b"demo"}


async def test_at_most_a_hundred_events_are_named(http):
    answer = await http.post("/v1/batch", json=batch(*range(150)), headers=KEY)
    assert (answer.json()["rejected"], len(answer.json()["errors"])) == (150, 100)


async def test_a_repeat_inside_a_request_is_counted_and_written_once(http, publisher):
    other = {**VIEW, "properties": {"changed": True}}
    answer = await http.post("/v1/batch", json=batch(VIEW, {**VIEW, "sentAt": "later"}, other), headers=KEY)
    assert (answer.json()["accepted"], answer.json()["duplicate"]) == (2, 1)
    assert len(publisher.stored) == 2


async def test_an_empty_batch_is_a_success(http):
    answer = await http.post("/v1/batch", json=batch(), headers=KEY)
    assert (answer.status_code, answer.json()["accepted"]) == (200, 0)


async def test_events_are_grouped_by_partition_in_their_order(http, publisher):
    views = [{**VIEW, "anonymousId": f"v{n % 7}", "messageId": str(n)} for n in range(1, 61)]
    await http.post("/v1/batch", json=batch(*views), headers=KEY)
    for partition, lines in publisher.events.items():
        events = [codec.loads(line) for line in lines]
        assert {codec.partition_of("demo", event["visitor_id"], 4) for event in events} == {partition}
        assert [int(event["event_id"]) for event in events] == sorted(int(event["event_id"]) for event in events)
    assert len(publisher.stored) == 60


async def test_a_key_writes_only_into_its_own_site(http, publisher):
    await http.post(
        "/v1/track", json={"userId": "u", "event": "x", "site": "demo", "context": {"ip": "192.0.2.9"}}, headers={"x-write-key": "shop-key"}
    )
    assert [(event["site"], event["ip"]) for event in publisher.stored] == [("shop", "192.0.2.9")]


@pytest.mark.parametrize(("origin", "status"), [("https://shop.example", 200), ("https://evil.example", 401), ("null", 401), (None, 200)])
async def test_a_site_may_say_which_origins_send(http, publisher, origin, status):
    headers = {"x-write-key": "shop-key"} | ({"origin": origin} if origin else {})
    answer = await http.post("/v1/batch", json=batch(VIEW), headers=headers)
    assert answer.status_code == status
    assert len(publisher.stored) == (1 if status == 200 else 0)
    assert status == 200 or answer.json()["code"] == "origin_not_allowed"


async def test_history_is_marked_by_the_query(http, publisher):
    await http.post("/v1/batch?historical=1", json=batch(VIEW), headers=KEY)
    assert publisher.stored[0]["historical"] is True


@pytest.mark.parametrize("headers", [ORIGIN, {"sec-fetch-site": "same-origin"}])
async def test_a_browsers_request_carries_the_visitors_address_and_agent(http, publisher, headers):
    await http.post("/v1/batch", json=batch(VIEW), headers={**KEY, **headers, "user-agent": "Mozilla/5.0"})
    assert (publisher.stored[0]["ip"], publisher.stored[0]["user_agent"]) == ("198.51.100.0", "Mozilla/5.0")


async def test_a_servers_request_carries_nobodys_address_and_agent(http, publisher):
    await http.post("/v1/batch", json=batch(VIEW), headers={**KEY, "user-agent": "python-requests/2", "x-forwarded-for": "1.1.1.1"})
    assert "ip" not in publisher.stored[0]
    assert "user_agent" not in publisher.stored[0]


@pytest.mark.parametrize(
    "path", ["/v1/batch", "/t/", "/beacon/v1/batch", "/v1/pixel/track", "/v1/m", "/fp.js", "/v1/projects/demo-key/settings"]
)
async def test_a_preflight_is_answered_with_everything_sdks_send(http, path):
    headers = {**ORIGIN, "access-control-request-method": "POST", "access-control-request-headers": "authorization,content-type"}
    answer = await http.options(path, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == ORIGIN["origin"]
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert answer.headers["vary"] == "Origin"
    allowed = answer.headers["access-control-allow-headers"].lower()
    assert all(
        name in allowed
        for name in ("authorization", "content-type", "content-encoding", "x-retry-count", "anonymousid", "sentat", "x-write-key")
    )
    assert answer.headers["access-control-allow-methods"] == "GET, POST, OPTIONS"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/batch", 405, "method_not_allowed"),
        ("PUT", "/v1/track/", 405, "method_not_allowed"),
        ("POST", "/v1/pixel/track", 405, "method_not_allowed"),
        ("POST", "/fp.js", 405, "method_not_allowed"),
        ("GET", "/nowhere", 404, "not_found"),
        ("POST", "/v1/batch//", 404, "not_found"),
        ("GET", "/v1/projects/wrong/settings", 401, "unknown_key"),
    ],
)
async def test_errors_outside_the_ingest_are_json_with_cors_too(http, method, path, status, code):
    answer = await http.request(method, path, headers=ORIGIN)
    assert (answer.status_code, answer.json()["code"], answer.json()["success"]) == (status, code, False)
    assert answer.headers["access-control-allow-origin"] == ORIGIN["origin"]
    assert "Retry-After" in answer.headers["access-control-expose-headers"]


async def test_without_the_broker_the_answer_is_503_with_retry_after(http, publisher):
    publisher.away = True
    answer = await http.post("/v1/batch", json=batch(VIEW), headers={**KEY, **ORIGIN})
    assert (answer.status_code, answer.json()["code"]) == (503, "not_durable")
    assert 1 <= int(answer.headers["retry-after"]) <= 5
    assert answer.headers["access-control-allow-origin"] == ORIGIN["origin"]
    publisher.away = False
    assert (await http.post("/v1/batch", json=batch(VIEW), headers=KEY)).status_code == 200


async def test_nothing_is_answered_before_it_is_durable(http, publisher):
    publisher.hold = asyncio.Event()
    request = asyncio.create_task(http.post("/v1/batch", json=batch(VIEW), headers=KEY))

    async def waiting():
        return (await http.get("/ready")).json()["lag"] == 1

    await eventually(waiting)
    assert not request.done()
    publisher.hold.set()
    assert (await request).status_code == 200
    ready = (await http.get("/ready")).json()
    assert (ready["ready"], ready["lag"]) == (True, 0)


async def test_requests_over_the_bytes_in_flight_are_refused_and_the_others_served(http, publisher):
    publisher.hold = asyncio.Event()
    body = json.dumps(batch(*({**VIEW, "messageId": str(n), "properties": {"a": "a" * 60_000}} for n in range(80))))
    requests = [asyncio.create_task(http.post("/v1/batch", content=body, headers=KEY)) for _ in range(12)]
    done, waiting = await asyncio.wait(requests, return_when=asyncio.FIRST_COMPLETED)
    assert {request.result().status_code for request in done} == {503}
    publisher.hold.set()
    answers = [(await request).status_code for request in waiting]
    assert answers.count(200) >= 5
    assert (await http.post("/v1/batch", json=batch(VIEW), headers=KEY)).status_code == 200


async def test_a_bug_is_a_500_in_json_with_cors(http, publisher, monkeypatch):
    def broken(_, done):
        done(ZeroDivisionError())

    monkeypatch.setattr(publisher, "submit", broken)
    answer = await http.post("/v1/batch", json=batch(VIEW), headers={**KEY, **ORIGIN})
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert answer.headers["access-control-allow-origin"] == ORIGIN["origin"]


async def test_the_snippet_is_served_with_a_tag(http):
    answer = await http.get("/fp.js", headers=ORIGIN)
    assert (answer.status_code, answer.text) == (200, "window.footprint=1")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["access-control-allow-origin"] == ORIGIN["origin"]
    again = await http.get("/fp.js/", headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert (await http.head("/fp.js")).status_code == 200


async def test_a_snippet_that_was_never_built_says_what_to_run(http, snippet):
    snippet.unlink()
    answer = await http.get("/fp.js")
    assert answer.status_code == 404
    assert "npm run build" in answer.text


async def test_analytics_js_finds_where_to_send(http):
    answer = await http.get("/v1/projects/demo-key/settings")
    assert answer.json()["integrations"]["Segment.io"] == {"apiKey": "demo-key", "apiHost": "c/v1", "protocol": "http"}
    assert (await http.post("/v1/m", content=b'{"series":[]}')).json() == {"success": True}


async def test_metrics_count_events_and_rejections(http):
    await http.post("/v1/batch", json=batch(VIEW, VIEW, 5, {**VIEW, "messageId": "m2", "userId": "null"}), headers=KEY)
    text = (await http.get("/metrics/")).text
    for line in (
        "footprint_collector_events_accepted_total 2.0",
        "footprint_collector_events_duplicate_total 1.0",
        'footprint_collector_events_rejected_total{reason="not_an_object"} 1.0',
        'footprint_collector_events_warned_total{flaw="junk_id"} 1.0',
        'footprint_collector_requests_total{entry="batch",status="200"} 1.0',
        "footprint_collector_ack_seconds_count 1.0",
        "footprint_collector_in_flight_bytes 0.0",
        "footprint_collector_ready 1.0",
    ):
        assert line in text


async def test_what_is_spooled_is_seen_in_readiness_and_metrics(http, publisher):
    publisher.spooled, publisher.trouble = Spooled(7, 3_000, NOW - 90_000), "away, spooling"

    async def seen():
        return (await http.get("/ready")).json()["checks"] == {"kafka": "away, spooling"}

    await eventually(seen)
    answer = await http.get("/ready")
    assert (answer.status_code, answer.json()["ready"], answer.json()["lag"]) == (200, True, 7)
    text = (await http.get("/metrics")).text
    for line in ("spool_events 7.0", "spool_bytes 3000.0", "spool_age_seconds 90.0"):
        assert f"footprint_collector_{line}" in text


async def test_the_clocks_of_clients_are_sampled(http):
    sent = datetime.fromtimestamp(NOW / 1000 - 40, UTC).isoformat()
    for _ in range(17):
        await http.post("/v1/batch", json={**batch(VIEW), "sentAt": sent}, headers=KEY)
    text = (await http.get("/metrics")).text
    assert 'footprint_collector_skew_seconds_bucket{le="30.0"} 0.0' in text
    assert 'footprint_collector_skew_seconds_bucket{le="60.0"} 2.0' in text


async def test_readiness_follows_the_probe_without_any_traffic(http, publisher):
    assert (await http.get("/live/")).status_code == 200

    async def ready():
        answer = await http.get("/ready")
        assert answer.json()["ready"] is (answer.status_code == 200)
        return answer.status_code == 200

    async def unready():
        return not await ready()

    publisher.away = True
    await eventually(unready)
    publisher.away = False
    await eventually(ready)
