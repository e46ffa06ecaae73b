"""The line at 200 events a second: from a 200 OK to the score on its topic, and what broker and worker cost meanwhile."""

import asyncio
import json
import socket
import sys
import threading
import time
import urllib.request
import uuid
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaConsumer

from bench.load import post
from bench.servers import Server
from bench.streams.rig import PARTITIONS, Rig, TopicPartition
from footprint.demo.line import PROGRAM
from footprint.local.ports import free_port
from schemas.codec import loads
from schemas.topics import SCORES

RATE = 200
WARM_S = 6.0
LOAD_S = 20.0
CONNECTIONS = 4
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
HEADERS = {"content-type": "text/plain", "origin": "https://shop.example", "user-agent": BROWSER, "connection": "keep-alive"}


@dataclass(frozen=True, slots=True)
class Live:
    """What was seen while the load was on: milliseconds, and shares of one core."""

    p50: float
    p99: float
    broker: float
    worker: float
    collector: float
    events: int
    scored: int


def run_live(rig: Rig) -> Live:
    """Start collector and streams on the rig's broker, load them, and stop them."""
    started: list[Server] = []
    try:
        return asyncio.run(_run(rig, started))
    finally:
        for server in started:
            server.end()


async def _run(rig: Rig, started: list[Server]) -> Live:
    collector = _start(rig, started, "collector", FOOTPRINT_COLLECTOR_PORT=str(port := free_port()), at=port)
    streams = _start(rig, started, "streams", "--health-port", str(health := free_port()), at=health)
    for address in (port, health):
        await _until_ready(address)
    reader = await _reader(rig.bootstrap)
    scored: dict[tuple[str, int], float] = {}
    reading = asyncio.create_task(_read(reader, scored))
    watched = {"broker": rig.kafka, "worker": streams, "collector": collector}
    try:
        await asyncio.to_thread(_load, port, WARM_S)
        before = {name: server.cpu() for name, server in watched.items()}
        since = time.monotonic()
        answered = await asyncio.to_thread(_load, port, LOAD_S)
        spent = {name: (server.cpu() - before[name]) / (time.monotonic() - since) for name, server in watched.items()}
        await asyncio.sleep(3)  # the last scores are on their way
    finally:
        reading.cancel()
        with suppress(asyncio.CancelledError):
            await reading
        await reader.stop()
    waits = sorted(_waits(answered, scored))
    p50, p99 = waits[len(waits) // 2], waits[int(len(waits) * 0.99)]
    return Live(p50 * 1000, p99 * 1000, **spent, events=len(answered), scored=len(waits))


def _start(rig: Rig, started: list[Server], *command: str, at: int, **settings: str) -> Server:
    server = rig.server(sys.executable, "-c", PROGRAM, *command, port=at, **settings)
    started.append(server)
    return server


async def _until_ready(port: int) -> None:
    deadline = time.monotonic() + 40
    while time.monotonic() < deadline:
        with suppress(OSError):
            answer = await asyncio.to_thread(urllib.request.urlopen, f"http://127.0.0.1:{port}/ready", None, 5)
            if json.load(answer)["ready"]:
                return
        await asyncio.sleep(0.2)
    raise TimeoutError(f"port {port} did not become ready")


async def _reader(bootstrap: str) -> Any:
    reader = AIOKafkaConsumer(bootstrap_servers=bootstrap, isolation_level="read_committed", enable_auto_commit=False)
    await reader.start()
    partitions = [TopicPartition(SCORES.name, number) for number in range(PARTITIONS)]
    reader.assign(partitions)
    await reader.seek_to_end(*partitions)
    return reader


async def _read(reader: Any, scored: dict[tuple[str, int], float]) -> None:
    """Note when each score was readable, by visitor and the time of the event that it includes."""
    while True:
        for records in (await reader.getmany(timeout_ms=1000)).values():
            now = time.time()
            for record in records:
                if record.value and record.key.endswith(b":engagement"):
                    score = loads(record.value)
                    scored.setdefault((score["subject"], score["updated_at"]), now)


def _load(port: int, seconds: float) -> list[tuple[str, int, float]]:
    """Send page views one by one at the rate, over a few connections; return visitor, event time and time of the 200."""
    answered: list[tuple[str, int, float]] = []
    threads = [threading.Thread(target=_send, args=(port, seconds, number, answered)) for number in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answered


def _send(port: int, seconds: float, number: int, answered: list[tuple[str, int, float]]) -> None:
    until, due = time.time() + seconds, time.time() + number / RATE
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        while due < until:
            time.sleep(max(0.0, due - time.time()))
            at = time.time_ns() // 1_000_000
            visitor = f"live-{number}-{at}"  # the first view of a visitor always scores
            connection.sendall(_view(visitor, at))
            if connection.recv(65_536)[9:12] == b"200":
                answered.append((visitor, at, time.time()))
            due += CONNECTIONS / RATE


def _view(visitor: str, at: int) -> bytes:
    stamp = datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds")
    message = {"type": "page", "messageId": str(uuid.uuid4()), "anonymousId": visitor, "timestamp": stamp, "pageviewId": str(uuid.uuid4())}
    message["context"] = {"page": {"url": f"https://shop.example/products/{at % 500}", "title": "A product"}}
    return post("/v1/page?writeKey=bench", json.dumps(message).encode(), HEADERS)


def _waits(answered: list[tuple[str, int, float]], scored: dict[tuple[str, int], float]) -> list[float]:
    """Return how long after its 200 each event was in a score: the first one of its visitor that is as new as it."""
    by_visitor: dict[str, list[tuple[int, float]]] = {}
    for (subject, at), when in scored.items():
        by_visitor.setdefault(subject.removeprefix("v:"), []).append((at, when))
    waits = []
    for visitor, at, when in answered:
        readable = [seen for updated, seen in by_visitor.get(visitor, ()) if updated >= at]
        if readable:
            waits.append(max(0.0, min(readable) - when))
    return waits
