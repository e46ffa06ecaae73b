"""One process under everything at once: bounded in memory, never a 5xx, and other clients are served meanwhile."""

import asyncio
import gzip
import resource
import socket
from contextlib import suppress

import httpx2
import psutil
import pytest

from tests.collector.processes import KEY, ready
from tests.collector.raw import post, read_all
from tests.collector.recording import eventually

pytestmark = pytest.mark.kafka

IDLE = 5_000
MEMORY = 400_000_000
HEADERS = ("X-Write-Key: key",)


@pytest.fixture
def many_files():
    """The test holds one end of every connection."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < IDLE + 1000:
        pytest.skip(f"this machine allows {hard} open files, {IDLE} idle connections need more: raise `ulimit -Hn`")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, IDLE + 1000) if soft != resource.RLIM_INFINITY else soft, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture
def collector(start_collector):
    return start_collector()


@pytest.fixture
async def http(collector):
    async with httpx2.AsyncClient(base_url=collector.address, timeout=30) as client:
        await eventually(lambda: ready(client, collector), 60)
        yield client


async def shout(port, *pieces):
    """Send pieces until the server hangs up; return what it said."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    listening = asyncio.create_task(read_all(reader, 90))
    with suppress(ConnectionError):
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        writer.write_eof()
    said = await listening
    writer.transport.abort()
    return said


def request(path, body, *headers):
    return post(path, body, *headers).replace(b"X-Write-Key: demo-key", b"X-Write-Key: key")


def attacks():
    return {
        "bombs": [request("/v1/batch", gzip.compress(b"[" + b" " * 200_000_000))],
        "the largest that fits, inflated": [request("/v1/batch", gzip.compress(b"[" + b"[]," * 480_000 + b'"' + b"x" * 8_000_000 + b'"]'))],
        "many objects": [request("/v1/batch", b"[" + b"{}," * 3_300_000 + b"{}]")],
        "many keys": [request("/v1/batch", b"{" + b",".join(b'"%d":0' % n for n in range(850_000)) + b"}")],
        "bodies of ten megabytes": [request("/v1/batch", b'{"batch":["' + b"x" * 9_900_000 + b'"]}')],
        "heads without an end": [b"POST /v1/page HTTP/1.1\r\nX: ", *[b"a" * 100_000] * 20],
        "trailers without an end": [
            post("/v1/page", b"", "Transfer-Encoding: chunked", length=False) + b"0\r\n",
            *[b"X: aaaaaaaaaa\r\n" * 10_000] * 100,
        ],
        "pipelined": [request("/v1/page", b'{"anonymousId":"v1"}') * 3_000],
    }


async def test_memory_is_bounded_and_others_are_served_under_every_attack_at_once(http, collector, many_files):
    process, port = psutil.Process(collector.pid), int(collector.address.rsplit(":", 1)[1])
    peak, served, ended = 0, [], asyncio.Event()
    idle = []
    for _ in range(IDLE):
        connection = socket.socket()
        connection.setblocking(False)
        connection.connect_ex(("127.0.0.1", port))
        idle.append(connection)
        if len(idle) % 200 == 0:
            await asyncio.sleep(0)

    async def measure():
        nonlocal peak
        while not ended.is_set():
            peak = max(peak, process.memory_info().rss)
            await asyncio.sleep(0.01)

    async def visit():
        while not ended.is_set():
            served.append((await http.post("/v1/page", json={"anonymousId": "v1"}, headers=KEY)).status_code)

    others = [asyncio.create_task(measure()), asyncio.create_task(visit())]
    said = await asyncio.gather(*(shout(port, *pieces) for pieces in attacks().values() for _ in range(3)))
    ended.set()
    await asyncio.gather(*others)
    for connection in idle:
        connection.close()
    statuses = {line.split()[1] for one in said for line in one.split(b"\r\n") if line.startswith(b"HTTP/1.1 ")}
    assert statuses <= {b"200", b"400", b"408", b"413", b"431", b"503"}, statuses
    assert 200 in served
    assert set(served) <= {200, 503}  # over the bytes in flight a client is told to come again
    assert peak < MEMORY, f"{peak:,} bytes"
    assert (await http.get("/live")).status_code == 200
    assert "footprint_collector_in_flight_bytes 0.0" in (await http.get("/metrics")).text
