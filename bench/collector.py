"""What the collector costs: CPU per request of its process, as a ratio to a hello-world on the same server.

Method: a real local Kafka, idempotent producer, acks=all, answered after the ack; 64 keep-alive connections; hello and every variant measured in turn, round
by round; the median over rounds is shown. At the end the events in Kafka are counted: fewer than were answered 200 breaks the promise.
"""

import asyncio
import base64
import json
import statistics
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import psutil

from bench.load import get, post, run_load
from bench.report import Report
from bench.servers import Running, count_events, servers

ROUNDS = 5
HEADERS = {
    "user-agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "accept": "*/*",
    "accept-language": "en-GB,en;q=0.9,de;q=0.8",
    "accept-encoding": "gzip, deflate, br, zstd",
    "content-type": "text/plain;charset=UTF-8",
    "origin": "https://shop.example",
    "referer": "https://shop.example/",
    "sec-ch-ua": '"Chromium";v="142", "Not A Brand";v="24"',
    "sec-ch-ua-mobile": "?0",
    "sec-ch-ua-platform": '"Linux"',
    "sec-fetch-site": "cross-site",
    "sec-fetch-mode": "cors",
    "sec-fetch-dest": "empty",
    "connection": "keep-alive",
}


@dataclass(frozen=True, slots=True)
class Variant:
    """One kind of request: how many a round, and how many events each carries."""

    name: str
    requests: int
    events: int
    build: Callable[[int], bytes]
    goal: str


def message(number: int) -> dict[str, object]:
    """A page view of about 424 bytes."""
    page = {
        "url": f"https://shop.example/products/{number % 500}?utm_source=news",
        "title": "A product",
        "referrer": "https://shop.example/",
    }
    return {
        "type": "page",
        "messageId": str(uuid.uuid4()),
        "anonymousId": f"visitor-{number % 5000:08d}",
        "timestamp": "2026-01-01T10:00:00.000Z",
        "pageviewId": str(uuid.uuid4()),
        "seq": 1,
        "context": {"page": page, "screen": {"width": 1280, "height": 800}, "locale": "en-GB"},
        "properties": {},
    }


def single(number: int) -> bytes:
    """One page view in a POST."""
    return post("/v1/page?writeKey=bench", json.dumps(message(number)).encode(), HEADERS)


def batch_of(size: int) -> Callable[[int], bytes]:
    """A builder of batches of `size` page views."""

    def build(number: int) -> bytes:
        return post("/v1/batch?writeKey=bench", json.dumps({"batch": [message(number * size + i) for i in range(size)]}).encode(), HEADERS)

    return build


def pixel(number: int) -> bytes:
    """One page view in a GET."""
    query = base64.urlsafe_b64encode(json.dumps(message(number) | {"writeKey": "bench"}).encode()).decode()
    return get(f"/v1/pixel/page?data={query}", HEADERS)


VARIANTS = (
    Variant("single POST", 2000, 1, single, "1.6 H"),
    Variant("batch of 10, per event", 600, 10, batch_of(10), "0.42 H"),
    Variant("batch of 50, per event", 150, 50, batch_of(50), "0.34 H"),
    Variant("pixel GET", 2000, 1, pixel, "1.7 H"),
)


async def cost(port: int, pid: int, requests: list[bytes]) -> tuple[float, int]:
    """Return CPU microseconds per request of the process, and how many were answered 200."""
    before = psutil.Process(pid).cpu_times()
    answers = await run_load(port, requests)
    after = psutil.Process(pid).cpu_times()
    spent = (after.user - before.user) + (after.system - before.system)
    return spent * 1e6 / len(requests), answers.statuses.get(200, 0)


async def measure(line: Running) -> tuple[dict[str, list[float]], int]:
    """Return CPU per event of every variant, round by round, and the number of events answered 200."""
    costs: dict[str, list[float]] = {"hello": []} | {variant.name: [] for variant in VARIANTS}
    stored = 0
    hello = [post("/", b"{}", HEADERS)] * 4000
    for _ in range(ROUNDS):
        per_request, _ok = await cost(line.hello_port, line.hello_pid, hello)
        costs["hello"].append(per_request)
        for variant in VARIANTS:
            requests = [variant.build(number) for number in range(variant.requests)]
            per_request, answered = await cost(line.collector_port, line.collector_pid, requests)
            costs[variant.name].append(per_request / variant.events)
            stored += answered * variant.events
    return costs, stored


def run() -> bool:
    """Measure, print and record; return False when an acknowledged event is not in Kafka."""
    with servers() as line:
        costs, acknowledged = asyncio.run(measure(line))
        found = asyncio.run(count_events(line.kafka))
    hello = statistics.median(costs["hello"])
    report = Report("collector", ["", "us per event", "x H", "goal"])
    report.row("hello-world (H)", f"{hello:.1f}", "1", "")
    for variant in VARIANTS:
        middle = statistics.median(costs[variant.name])
        report.row(variant.name, f"{middle:.1f}", f"{middle / hello:.2f}", variant.goal)
    report.note(f"events answered 200: {acknowledged}; events in Kafka: {found}")
    report.finish()
    return found >= acknowledged
