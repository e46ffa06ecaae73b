"""What no honest client sends: refused in the client's own words, never a 5xx, never a hang, and the next event is stored."""

import asyncio
import gzip
import json

import pytest

from collector.guard import MAX_HEAD_BYTES
from schemas import codec
from schemas.events import Event
from tests.collector.raw import post, read_all, read_answer, send, view

KEY = {"x-write-key": "demo-key"}
VIEW = {"type": "page", "anonymousId": "v1"}


def nested(depth, opening=b'{"a":', closing=b"}"):
    return opening * depth + b"1" + closing * depth


def event(**fields):
    return json.dumps({"batch": [{**VIEW, **fields}]}).encode()


BODIES = {
    "lists 10 deep": b'{"batch":[' + b'{"anonymousId":"v","type":"page","properties":{"a":' + nested(10, b"[", b"]") + b"}}]}",
    "objects 240 deep": b'{"batch":[{"anonymousId":"v","type":"page","properties":' + nested(240) + b"}]}",
    "objects 300 deep": b'{"batch":[{"anonymousId":"v","type":"page","properties":' + nested(300) + b"}]}",
    "objects 900 deep": b'{"batch":[{"anonymousId":"v","type":"page","properties":' + nested(900) + b"}]}",
    "objects 100,000 deep": nested(100_000),
    "lists never closed": b"[" * 9_000_000,
    "many empty objects": b'{"batch":[' + b"{}," * 9_999 + b"{}]}",
    "millions of empty objects": b"[" + b"{}," * 3_000_000 + b"{}]",
    "millions of numbers with NaN": b"[NaN," + b"0," * 4_000_000 + b"0]",
    "a million keys": b"{" + b",".join(b'"%d":0' % n for n in range(900_000)) + b"}",
    "ten thousand keys in one event": event(properties={f"k{n}": n for n in range(10_000)}),
    "the same key often": b'{"batch":[{"type":"page",' + b'"anonymousId":"v",' * 1000 + b'"anonymousId":"w"}]}',
    "a string of a megabyte": event(properties={"a": "x" * 1_000_000}),
    "a name of a megabyte": event(type="track", event="x" * 1_000_000),
    "an id of a megabyte": event(userId="x" * 60_000),
    "a number of 5,000 digits": b'{"batch":[{"type":"page","anonymousId":"v","properties":{"value":' + b"9" * 5_000 + b"}}]}",
    "numbers beyond a double": b'{"batch":[{"type":"page","anonymousId":"v","properties":{"value":1e999,"revenue":-1e999,"a":NaN}}]}',
    "lone surrogates": b'{"batch":[{"type":"page","anonymousId":"\\ud800","properties":{"\\udfff":"\\udc00\\ud800"}}]}',
    "NUL": event(anonymousId="a\0b", properties={"\0": "\0"}, userId="\0"),
    "control characters": event(anonymousId="\r\nX: y", properties={"\x1b[2J": "\u2028\u202e"}),
    "bytes that are no text": b'{"batch":[{"type":"page","anonymousId":"\xff\xfe\xc0"}]}',
    "wrong types everywhere": event(
        type=[1], messageId={}, userId=[], anonymousId=True, context=7, properties="x", timestamp=[], sentAt={}
    ),
    "wrong types inside": event(context={"page": 1, "library": [], "screen": "x", "ip": {}, "userAgent": 5}, integrations=None),
    "a comparison with a class": event(kind={"__class__": "x"}, traits={"__proto__": {"a": 1}}),
    "not an object": b'{"batch":["x",1,null,[],true,1.5]}',
    "a batch in a batch": b'{"batch":{"batch":[{}]}}',
    "a bomb": gzip.compress(b"[" + b" " * 100_000_000),
    "a bomb in a bomb": gzip.compress(gzip.compress(b"\0" * 50_000_000)),
    "many empty gzip members": gzip.compress(b"") * 50_000,
    "half a gzip stream": gzip.compress(b"x" * 1000)[:20],
    "gzip of nothing": gzip.compress(b""),
    "nothing": b"",
    "a zip": b"PK\x03\x04" + b"\0" * 1000,
}
MOMENTS = ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59+23:59", "-5", "1e308", 1e308, -1e308, 2**63, -(2**70), "NaN", "Infinity", "now", " " * 64,
           "2026-02-30", "2026-11-22T25:61:61Z", "٢٠٢٦", "1" * 5000, True, [], {}, 0, "0000-00-00"]  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
async def test_no_body_is_an_error_of_ours_and_the_next_event_is_stored(http, publisher, name):
    for path in ("/v1/batch", "/v1/track"):
        answer = await http.post(path, content=BODIES[name], headers=KEY)
        assert answer.status_code in (200, 400, 413), answer.text
        assert answer.json()["success"] is (answer.status_code == 200)
    assert (await http.post("/v1/page", content=view(1), headers=KEY)).json()["accepted"] == 1
    assert publisher.stored[-1]["event_id"] == "m1"
    for stored in publisher.stored:
        Event.model_validate(stored)
        assert codec.loads(codec.dumps(stored)) == stored


@pytest.mark.parametrize("field", ["timestamp", "originalTimestamp", "sentAt"])
async def test_no_time_is_an_error_and_received_at_is_ours(http, publisher, field):
    body = {"batch": [{**VIEW, field: moment, "messageId": f"m{n}"} for n, moment in enumerate(MOMENTS)]}
    answer = await http.post("/v1/batch", json=body, headers=KEY)
    assert (answer.status_code, answer.json()["accepted"]) == (200, len(MOMENTS))
    for stored in publisher.stored:
        Event.model_validate(stored)
        assert stored["received_at"] == 1_790_000_000_000
        codec.parse_time(stored.get("created_at"))


QUERIES = ["?" + "a=1&" * 10_000, "?writeKey=demo-key&" + "properties.x." * 1000 + "y=1", "?data=" + "A" * 50_000, "?%00=%ff&%=%zz", "?" + "&" * 50_000,
           "?writeKey=demo-key&anonymousId=%ed%a0%80&event=%00", "?=&==&a", "?data=" + "H4sI" * 100]  # fmt: skip


@pytest.mark.parametrize("query", QUERIES)
async def test_no_query_is_an_error(http, publisher, query):
    answer = await http.get("/v1/pixel/track" + query)
    assert answer.status_code == 200
    answer = await http.post("/v1/page" + query, content=view(1), headers=KEY)
    assert (answer.status_code, answer.json()["accepted"]) == (200, 1)


SMUGGLED = (
    b"POST /v1/page HTTP/1.1\r\nHost: c\r\nX-Write-Key: demo-key\r\nContent-Length: 36\r\n\r\n" + b'{"anonymousId":"v","messageId":"bad"}'
)
FRAMINGS = {
    "both lengths": ["Content-Length: 5", "Transfer-Encoding: chunked"],
    "both lengths, the other way round": ["Transfer-Encoding: chunked", "Content-Length: 5"],
    "two lengths": ["Content-Length: 5", "Content-Length: 6"],
    "a list of lengths": ["Content-Length: 5, 6"],
    "a negative length": ["Content-Length: -5"],
    "a signed length": ["Content-Length: +5"],
    "a length in hex": ["Content-Length: 0x5"],
    "a length beyond all numbers": ["Content-Length: 99999999999999999999999"],
    "a space before the colon": ["Transfer-Encoding : chunked"],
    "a folded header": ["Transfer-Encoding:\r\n chunked", "Content-Length: 5"],
    "an unknown coding": ["Transfer-Encoding: xchunked"],
    "chunked twice": ["Transfer-Encoding: chunked, chunked", "Content-Length: 5"],
    "a coding after chunked": ["Transfer-Encoding: chunked, identity"],
    "a vertical tab": ["Transfer-Encoding: \x0bchunked", "Content-Length: 5"],
    "a bare line feed": ["X: y\nTransfer-Encoding: chunked", "Content-Length: 5"],
    "a NUL in a header": ["X: a\0b"],
}


@pytest.mark.parametrize("name", FRAMINGS)
async def test_a_request_whose_length_is_in_doubt_smuggles_nothing(http, port, publisher, name):
    reader, writer = await send(port, post("/v1/batch", b"", *FRAMINGS[name], length=False) + b"0\r\n\r\n" + SMUGGLED)
    writer.write_eof()
    said = await read_all(reader)
    assert b"HTTP/1.1 5" not in said
    assert said == b"" or b" 400 " in said.split(b"\r\n")[0] or b" 413 " in said.split(b"\r\n")[0]
    writer.close()
    assert (await http.post("/v1/page", content=view(1), headers=KEY)).status_code == 200
    assert [stored["event_id"] for stored in publisher.stored] == ["m1"]


NO_HTTP = {
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 100,
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "SSH": b"SSH-2.0-OpenSSH_9.6\r\n",
    "an unknown method": b"BREW /v1/page HTTP/1.1\r\n\r\n",
    "an unknown version": b"GET /live HTTP/9.9\r\n\r\n",
    "zeros": b"\0" * 1000,
}


@pytest.mark.parametrize("name", NO_HTTP)
async def test_what_is_not_http_is_answered_400_in_json(http, port, name):
    reader, writer = await send(port, NO_HTTP[name])
    said = await read_all(reader)
    assert said.startswith(b"HTTP/1.1 400 ")
    assert json.loads(said.partition(b"\r\n\r\n")[2])["code"] == "bad_request"
    writer.close()
    assert (await http.get("/live")).status_code == 200


FLOODS = {
    "an endless header": (b"POST /v1/page HTTP/1.1\r\nX: ", b"a" * 60_000),
    "endless headers": (b"POST /v1/page HTTP/1.1\r\n", b"X: a\r\n" * 10_000),
    "an endless name": (b"POST /v1/page HTTP/1.1\r\n", b"a" * 60_000),
    "an endless address": (b"GET /v1/pixel/page?a=", b"a" * 60_000),
    "endless spaces": (b"POST /v1/page HTTP/1.1\r\nX:", b" " * 60_000),
    "an endless trailer": (post("/v1/page", b"", "Transfer-Encoding: chunked", length=False) + b"0\r\nX: ", b"a" * 60_000),
    "endless trailers": (post("/v1/page", b"", "Transfer-Encoding: chunked", length=False) + b"0\r\n", b"X: a\r\n" * 10_000),
    "endless trailers elsewhere": (b"POST /fp.js HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X: a\r\n" * 10_000),
    "an endless chunk extension": (post("/v1/page", b"", "Transfer-Encoding: chunked", length=False) + b"5;a=", b"a" * 60_000),
}


@pytest.mark.parametrize("name", FLOODS)
async def test_a_flood_is_cut_off(http, port, monkeypatch, name):
    monkeypatch.setattr("collector.guard.MAX_REQUEST_BYTES", 2_000_000)
    start, more = FLOODS[name]
    reader, writer = await send(port, start, *[more] * 100)
    said = await read_all(reader)
    assert said == b"" or said.split(b"\r\n")[0] in (
        b"HTTP/1.1 431 Request Header Fields Too Large",
        b"HTTP/1.1 400 Bad Request",
        b"HTTP/1.1 405 Method Not Allowed",
    )
    writer.close()
    assert (await http.get("/live")).status_code == 200
    assert "footprint_collector_in_flight_bytes 0.0" in (await http.get("/metrics")).text


@pytest.mark.parametrize("path", [b"/v1/page", b"/fp.js"])
async def test_a_page_can_read_why_its_head_was_refused(port, path):
    reader, writer = await send(port, b"POST " + path + b" HTTP/1.1\r\nOrigin: https://shop.example\r\nHost: c\r\nX : y\r\n\r\n")
    said = await read_all(reader)
    assert said.startswith(b"HTTP/1.1 400 ")
    assert b"\r\naccess-control-allow-origin: https://shop.example\r\n" in said
    writer.close()


async def test_a_head_within_the_limit_is_taken(port, publisher):
    headers = [f"X-{n}: {'a' * 900}" for n in range((MAX_HEAD_BYTES - 2000) // 1000)]
    reader, writer = await send(port, post("/v1/page", view(1), *headers))
    assert (await read_answer(reader))[0] == 200
    writer.close()


async def test_a_body_that_was_refused_may_be_sent_to_its_end_but_not_for_ever(port):
    start = post("/v1/page", b"", "Content-Length: 900000000", length=False)
    reader, writer = await send(port, start, *[b"x" * 1_000_000] * 100)
    said = await read_all(reader)
    assert said == b"" or said.startswith(b"HTTP/1.1 413 ")
    writer.close()


async def test_pipelined_requests_are_answered_in_their_order(port, publisher):
    requests = [
        post("/v1/page", view(n)) if n % 3 else b"GET /v1/projects/demo-key/settings HTTP/1.1\r\nHost: c\r\n\r\n" for n in range(300)
    ]
    reader, writer = await send(port, b"".join(requests))
    for n in range(300):
        status, _, body = await read_answer(reader)
        assert (status, "success" in json.loads(body)) == (200, bool(n % 3))
    writer.close()
    assert {stored["event_id"] for stored in publisher.stored} == {f"m{n}" for n in range(300) if n % 3}


async def test_a_pipelined_flood_leaves_others_served(http, port):
    flood = asyncio.create_task(send(port, post("/v1/page", view(1)) * 20_000))
    answers = [await http.post("/v1/page", content=view(n), headers=KEY) for n in range(20)]
    assert {answer.status_code for answer in answers} == {200}
    _, writer = await flood
    writer.transport.abort()


@pytest.mark.parametrize(
    "origin", ["null", "https://shop.example", "file://", "x" * 5000, "https://ü.example", "a, b", "https://a.example:99999"]
)
async def test_any_origin_is_echoed_also_on_errors(port, origin):
    for path, body in (("/v1/page", view(1)), ("/v1/page", b"not json"), ("/nowhere", b""), ("/v1/projects/wrong/settings", b"")):
        reader, writer = await send(port, post(path, body).replace(b"Host: c\r\n", f"Host: c\r\nOrigin: {origin}\r\n".encode("latin-1")))
        status, headers, _ = await read_answer(reader)
        assert status < 500
        assert (headers["access-control-allow-origin"], headers["vary"]) == (origin, "Origin")
        writer.close()
