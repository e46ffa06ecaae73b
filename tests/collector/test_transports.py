"""Both transports of the collector write the same bytes, and keep the order of a connection's requests."""

import asyncio
import base64
import gc
import json
from contextlib import AsyncExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.app import create_app
from collector.core.pixels import MAX_FIELDS, parse_qsl, read_query
from collector.fast import FastProtocol
from tests.collector.conftest import NOW
from tests.collector.recording import RecordingPublisher
from tests.collector.serving import TRANSPORTS, serving

VIEW = {"type": "page", "anonymousId": "v1", "messageId": "m1"}


def request(method, path, body=b"", *headers):
    lines = [f"{method} {path} HTTP/1.1", "Host: c", "X-Write-Key: demo-key", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def view(number, **fields):
    return json.dumps({**VIEW, "messageId": f"m{number}", **fields}).encode()


PIXEL = "/v1/pixel/page?data=" + base64.urlsafe_b64encode(view(1)).decode()
ORIGIN = "Origin: https://shop.example"
REQUESTS = {
    "a view": request("POST", "/v1/page", view(1)),
    "a view of a browser": request("POST", "/v1/page/", view(1), ORIGIN),
    "a batch": request("POST", "/v1/batch", json.dumps({"batch": [VIEW, VIEW, 5]}).encode(), ORIGIN),
    "a pixel": request("GET", PIXEL),
    "no JSON": request("POST", "/t", b"{", ORIGIN),
    "a wrong key": request("POST", "/t?writeKey=x", b"{}", "Authorization: Bearer wrong"),
    "a wrong method": request("PUT", "/v1/track"),
    "a preflight": request("OPTIONS", "/v1/batch", b"", ORIGIN),
    "a body that is too large": request("POST", "/v1/batch", b" " * 10_000_001),
    "a body in chunks": b"POST /v1/page HTTP/1.1\r\nHost: c\r\nX-Write-Key: demo-key\r\nTransfer-Encoding: chunked\r\n\r\n"
    + b"%x\r\n%s\r\n0\r\nX-Write-Key: wrong\r\n\r\n" % (len(view(1)), view(1)),
    "two keys": request("POST", "/v1/page", view(1), "x-write-key: other"),
    "the last of a connection": request("POST", "/v1/page", view(1), "Connection: close", ORIGIN),
    "HTTP/1.0": request("POST", "/v1/page", view(1)).replace(b"HTTP/1.1", b"HTTP/1.0"),
    "a path in percents": request("POST", "/v1/%70age", view(1)),
    "a smuggled request": request("POST", "/v1/page", b"0\r\n\r\n", "Transfer-Encoding: chunked"),
}


async def conversation(port, sent):
    """Return everything the server says to one connection that sends these bytes and then closes its side."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(sent + request("GET", "/live", b"", "Connection: close"))
        await writer.drain()
        async with asyncio.timeout(20):
            return await reader.read()
    finally:
        writer.close()


@pytest.mark.parametrize("name", REQUESTS)
async def test_both_transports_write_the_same_bytes(config, name):
    answers = []
    for transport in TRANSPORTS:
        publisher = RecordingPublisher()
        async with serving(create_app(config, publisher, now_ms=lambda: NOW), transport) as port:
            answers.append((await conversation(port, REQUESTS[name]), sorted(map(str, publisher.stored))))
    assert answers[0] == answers[1]
    assert answers[0][0].startswith(b"HTTP/1.1 ")


async def test_pipelined_requests_are_answered_in_their_order(port, publisher):
    publisher.hold = asyncio.Event()
    asyncio.get_running_loop().call_later(0.05, publisher.hold.set)
    sent = [
        request("POST", "/v1/page", view(1)),
        request("POST", "/t", b"{"),
        request("GET", "/nowhere"),
        request("GET", PIXEL),
        request("POST", "/v1/batch", json.dumps({"batch": [VIEW] * 3}).encode()),
    ]
    said = await conversation(port, b"".join(sent))
    assert [int(part[:3]) for part in said.split(b"HTTP/1.1 ")[1:]] == [200, 400, 404, 200, 200, 200]
    assert said.count(b"GIF89a") == 1


async def test_thousands_of_pipelined_requests_are_all_answered(port):
    said = await conversation(port, request("POST", "/t", b"{") * 3000)
    assert said.count(b'"code":"invalid_json"') == 3000


async def test_what_a_client_that_left_had_sent_is_kept(config, publisher):
    publisher.hold = asyncio.Event()
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(serving(create_app(config, publisher, now_ms=lambda: NOW), "fast"))
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request("POST", "/v1/page", view(1)))
        await writer.drain()
        async with asyncio.timeout(10):
            while True:
                if publisher.held:
                    break
                await asyncio.sleep(0.005)
        writer.transport.abort()
        publisher.hold.set()
    assert len(publisher.stored) == 1


async def test_connections_that_have_ended_wait_for_no_garbage_collector(config):
    """Clients come and go all day: what they leave would be megabytes until it comes."""
    gc.collect()
    gc.disable()
    try:
        async with serving(create_app(config, RecordingPublisher(), now_ms=lambda: NOW), "fast") as port:
            for number in range(20):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                for sent in (view(10 + number), view(40 + number)):  # the second one takes the quick way
                    writer.write(request("POST", "/v1/page", sent))
                    assert (await reader.readuntil(b"}")).startswith(b"HTTP/1.1 200")
                writer.close()
                await writer.wait_closed()
            async with asyncio.timeout(10):
                while any(isinstance(one, FastProtocol) for one in gc.get_objects()):  # noqa: ASYNC110 - nobody tells of what is freed
                    await asyncio.sleep(0.005)
    finally:
        gc.enable()


async def test_a_large_body_is_asked_for(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = view(1)
    writer.write(request("POST", "/v1/page", b"", "Expect: 100-continue").replace(b"Content-Length: 0", b"Content-Length: %d" % len(body)))
    async with asyncio.timeout(10):
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(body)
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
    writer.close()


@given(st.text("ab=&;", max_size=40) | st.integers(MAX_FIELDS - 1, MAX_FIELDS + 2).map(lambda count: "&".join(["a=1"] * count)))
def test_a_query_without_escapes_is_read_as_any_other(query):
    try:
        expected = dict(parse_qsl(query, errors="replace", max_num_fields=MAX_FIELDS))
    except ValueError:
        expected = {}
    assert read_query(query) == expected
