"""What the collector costs: CPU of its process per request, as a ratio to a hello-world on the same server.

Method: a real local Kafka, idempotent producer, acks=all, answered after the ack; a site's default settings; 64 keep-alive connections; hello and every
variant measured in turn, round by round, over a fixed number of requests; the server alone on a core where there are two, broker and load on the others. The
median of the rounds' ratios is shown. A browser repeats its head on a connection, so all requests but those of the last row share one. Then latency in an open loop, then the broker is killed under load. At the end the events in Kafka are counted: fewer
than were answered 200 breaks the promise.
"""

import asyncio
import base64
import json
import os
import statistics
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bench.load import Answers, closed_loop, get, open_loop, post
from bench.outage import lose_kafka
from bench.report import Report
from bench.servers import SIGNING_KEY, Line, Server, count_events, servers
from collector.core.links import Mailed, sign

ROUNDS = 5
RATE = 2000
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

OF_MAIL = {name: value for name, value in HEADERS.items() if name not in ("content-type", "origin", "referer")} | {
    "upgrade-insecure-requests": "1",
    "sec-fetch-mode": "navigate",
    "sec-fetch-dest": "document",
}
TARGET = "https://shop.example/offers/autumn?utm_source=news&utm_campaign=2026-11"


@dataclass(frozen=True, slots=True)
class Variant:
    """One kind of request: how many a round, how many events each carries, and what it may cost in H per event."""

    name: str
    requests: int
    events: int
    build: Callable[[int], bytes]
    must: float | None
    goal: float | None


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


def stranger(number: int) -> bytes:
    """One page view of a browser that was never seen: what the collector remembers of heads does not help."""
    own = HEADERS | {"user-agent": f"{HEADERS['user-agent']} Own/{uuid.uuid4()}"}
    return post("/v1/page?writeKey=bench", json.dumps(message(number)).encode(), own)


def batch_of(size: int) -> Callable[[int], bytes]:
    """A builder of batches of `size` page views."""

    def build(number: int) -> bytes:
        return post("/v1/batch?writeKey=bench", json.dumps({"batch": [message(number * size + i) for i in range(size)]}).encode(), HEADERS)

    return build


def pixel(number: int) -> bytes:
    """One page view in a GET."""
    query = base64.urlsafe_b64encode(json.dumps(message(number) | {"writeKey": "bench"}).encode()).decode()
    return get(f"/v1/pixel/page?data={query}", HEADERS)


def opened(number: int) -> bytes:
    """An open of an e-mail."""
    token = sign(Mailed("bench", "news-2026-11", f"customer-{number % 5000:08d}"), "pixel", SIGNING_KEY)
    return get(f"/e/o/{token}.gif", OF_MAIL)


def clicked(number: int) -> bytes:
    """A click on a link of an e-mail."""
    mailed = Mailed("bench", "news-2026-11", f"customer-{number % 5000:08d}", 1 + number % 9, TARGET)
    return get(f"/e/c/{sign(mailed, 'link', SIGNING_KEY)}", OF_MAIL)


VARIANTS = (
    Variant("single POST", 3000, 1, single, 1.6, 1.2),
    Variant("batch of 10, per event", 600, 10, batch_of(10), 0.42, 0.27),
    Variant("batch of 50, per event", 150, 50, batch_of(50), 0.34, 0.21),
    Variant("pixel GET", 3000, 1, pixel, 1.7, 1.3),
    Variant("open of an e-mail", 3000, 1, opened, 1.6, None),
    Variant("click in an e-mail", 3000, 1, clicked, 1.6, None),
    Variant("single POST, a head never seen", 3000, 1, stranger, None, None),
)


class Tally:
    """CPU per event by server and variant, round by round, and the events that were answered: 200, and 302 for a click."""

    def __init__(self) -> None:
        self.costs: dict[tuple[str, str], list[float]] = {}
        self.hello: list[float] = []
        self.acknowledged = 0

    def ratio(self, server: str, variant: Variant) -> float:
        """Return the median over rounds of the cost in hello-worlds."""
        return statistics.median(cost / hello for cost, hello in zip(self.costs[server, variant.name], self.hello, strict=True))


def cost(server: Server, requests: list[bytes]) -> tuple[float, Answers]:
    """Return CPU microseconds per request of the process, and the answers."""
    before = server.cpu()
    answers = closed_loop(server.port, requests)
    return (server.cpu() - before) * 1e6 / len(requests), answers


def measure(line: Line) -> Tally:
    """Measure every variant in turn, round by round; the first round only warms up."""
    tally = Tally()
    for round_ in range(ROUNDS + 1):
        hello, _ = cost(line.hello, [single(number) for number in range(3000)])
        found = list(_round(line, tally))
        if round_:
            tally.hello.append(hello)
            for key, per_event in found:
                tally.costs.setdefault(key, []).append(per_event)
    return tally


def _round(line: Line, tally: Tally) -> Iterator[tuple[tuple[str, str], float]]:
    for variant in VARIANTS:
        for name, server in (("hot", line.collector), ("asgi", line.asgi)):
            requests = [variant.build(number) for number in range(variant.requests)]
            per_request, answers = cost(server, requests)
            tally.acknowledged += (answers.statuses[200] + answers.statuses[302]) * variant.events
            yield (name, variant.name), per_request / variant.events


def latency(line: Line, tally: Tally) -> tuple[float, float]:
    """Return p50 and p99 in milliseconds at 2,000 requests a second: the medians of five rounds of two seconds."""
    rounds = [open_loop(line.collector.port, [single(number) for number in range(2 * RATE)], rate=RATE) for _ in range(5)]
    tally.acknowledged += sum(answers.statuses[200] for answers in rounds)
    return statistics.median(answers.quantile(0.5) for answers in rounds), statistics.median(answers.quantile(0.99) for answers in rounds)


def run() -> bool:
    """Measure, print and record; return False when an acknowledged event is not in Kafka."""
    report = Report("collector", ["", "us per event", "x H", "through ASGI, x H", "must", "goal"])
    report.note(
        f"Load average at the start: {os.getloadavg()[0]:.1f}. H is one hello-world request on raw ASGI, uvicorn's httptools and uvloop."
    )
    with servers() as line:
        tally = measure(line)
        p50, p99 = latency(line, tally)
        outage = lose_kafka(line, single)
        tally.acknowledged += outage.acknowledged
        found = asyncio.run(count_events(line.bootstrap))
    report.row("hello-world (H), per request", f"{statistics.median(tally.hello):.1f}", "1", "", "", "")
    for variant in VARIANTS:
        own, asgi = (f"{tally.ratio(name, variant):.2f}" for name in ("hot", "asgi"))
        middle = statistics.median(tally.costs["hot", variant.name])
        bounds = [f"<= {bound}" if bound is not None else "" for bound in (variant.must, variant.goal)]
        report.row(variant.name, f"{middle:.1f}", own, asgi, *bounds)
    report.row(f"p50 / p99 at {RATE:,} requests/s", f"{p50:.1f} / {p99:.1f} ms", "", "", "<= 2 / 6 ms", "<= 1.2 / 3.5 ms")
    report.row("Kafka lost: longest wait for an answer", f"{outage.longest_s:.1f} s", "", "", "<= 5 s", "<= 2 s")
    report.note(f"Answers while Kafka was away: {outage.statuses}.")
    report.note(f"Events answered 200, or 302 for a click: {tally.acknowledged}; events in Kafka: {found}.")
    report.finish()
    return found >= tally.acknowledged
