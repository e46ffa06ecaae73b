"""Clients that never finish, never read or never begin: each is ended, and the others are served meanwhile."""

import asyncio
import json
import socket

import pytest

from collector import guard
from tests.collector.raw import post, read_all, read_answer, send, view
from tests.collector.recording import eventually

HEAD = b"POST /v1/page HTTP/1.1\r\nHost: c\r\nX-Write-Key: demo-key\r\n"
PATHS = ["/v1/page", "/v1/m", "/fp.js"]


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """The same rules in a fraction of their time."""
    monkeypatch.setattr(guard, "SWEEP_S", 0.02)
    for stage in guard.ALLOWED_S:
        monkeypatch.setitem(guard.ALLOWED_S, stage, 0.2)


async def drip(writer, byte):
    while not writer.is_closing():
        writer.write(byte)
        await asyncio.sleep(0.01)


async def dripped(port, start, byte):
    """Send `start`, then `byte` again and again; return all that is answered until the connection ends."""
    reader, writer = await send(port, start)
    dripping = asyncio.create_task(drip(writer, byte))
    try:
        return await read_all(reader)
    finally:
        dripping.cancel()
        writer.close()


@pytest.mark.parametrize("start", [b"P", HEAD, HEAD + b"X-Slow: "])
async def test_a_head_that_never_ends_is_answered_408_and_closed(http, port, publisher, start):
    slow = asyncio.create_task(dripped(port, start, b"a"))
    assert (await http.post("/v1/page", content=view(1), headers={"x-write-key": "demo-key"})).status_code == 200
    said = await slow
    assert said == b"" or said.startswith((b"HTTP/1.1 408 ", b"HTTP/1.1 400 "))
    assert len(publisher.stored) == 1


@pytest.mark.parametrize("path", PATHS)
async def test_a_body_that_never_ends_is_answered_408_and_closed(http, port, publisher, path):
    slow = asyncio.create_task(dripped(port, post(path, b"", "Content-Length: 100000", "Origin: https://shop.example", length=False), b" "))
    assert (await http.post("/v1/page", content=view(1), headers={"x-write-key": "demo-key"})).status_code == 200
    said = await slow
    assert said.startswith(b"HTTP/1.1 408 ")
    assert b"access-control-allow-origin: https://shop.example" in said
    assert json.loads(said.partition(b"\r\n\r\n")[2])["code"] == "too_slow"
    assert len(publisher.stored) == 1
    assert "footprint_collector_in_flight_bytes 0.0" in (await http.get("/metrics")).text


async def test_a_long_body_may_take_long_as_long_as_it_comes(port, publisher):
    reader, writer = await send(port, post("/v1/page", b"", "Content-Length: 20010", length=False))
    for _ in range(40):
        writer.write(b" " * 500)
        await asyncio.sleep(0.01)
    writer.write(b'{"a": [1]}')
    status, _, body = await read_answer(reader)
    assert (status, json.loads(body)["rejected"]) == (200, 1)
    writer.close()


async def test_a_connection_without_a_request_is_closed_without_a_word(port):
    reader, writer = await send(port)
    assert await read_all(reader) == b""
    writer.close()


async def test_a_client_that_does_not_read_its_answers_is_left(http, port, transport):
    path = b"/v1/pixel/page" if transport == "fast" else b"/metrics"
    small = socket.socket()
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    small.connect(("127.0.0.1", port))
    reader, writer = await asyncio.open_connection(sock=small, limit=1024)

    async def never_read():
        while True:
            writer.write(b"GET " + path + b" HTTP/1.1\r\nHost: c\r\n\r\n" * 200)
            await writer.drain()

    with pytest.raises(ConnectionError):
        await asyncio.wait_for(never_read(), 30)
    assert (await http.get("/live")).status_code == 200
    assert "footprint_collector_in_flight_bytes 0.0" in (await http.get("/metrics")).text
    writer.transport.abort()
    del reader


async def test_a_client_that_waits_for_a_late_answer_is_not_hurried(port, publisher):
    publisher.hold = asyncio.Event()
    reader, writer = await send(port, post("/v1/page", view(1)))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.read(1), 0.6)  # longer than any stage may take: not one byte before it is durable
    publisher.hold.set()
    assert (await read_answer(reader))[0] == 200
    writer.close()


async def test_what_an_abandoned_upload_held_is_given_back(http, port):
    _, writer = await send(port, post("/v1/page", b"x" * 50_000, "Content-Length: 100000", length=False))
    writer.transport.abort()

    async def nothing_held():
        return "footprint_collector_in_flight_bytes 0.0" in (await http.get("/metrics")).text

    await eventually(nothing_held)
