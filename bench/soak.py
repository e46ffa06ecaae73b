"""Half the measured limit for MINUTES (30): memory of every process, lag and latency, and whether any of them rises.

Method: `footprint up` on one machine, the load beside it. First the limit is measured: as many events as the line takes at once, until all is
stored. Then page views, clicks and engagement of a fixed crowd of visitors come at half of that, ten a request, with times of now. Every five seconds each
process is looked at. The first quarter only warms up (caches fill, pools grow); slopes are by least squares over the rest. What the streams keep by
rule (the ids of 72 hours, scores) is told apart from the rest of their memory: it grows with every event, and shrinks only after days.
"""

import os
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bench.capacity_line import Loaded
from bench.capacity_load import BROWSER, SITE
from bench.load import Answers, post
from bench.report import Report
from bench.soak_trend import Trend, trend
from footprint.demo.line import Line
from schemas.codec import dumps
from sinks.clickhouse.client import StoreClient

MINUTES = float(os.environ.get("MINUTES", "30"))
LIMIT_EVENTS = 40_000
EVERY_S = 5.0
CHUNK_S = 5.0
A_REQUEST = 10
CROWD = 20_000
"""Visitors who come again and again: few enough to be known early, so many that none of them looks like a machine."""
WARM = 0.25
PARTS = ("collector", "kafka", "streams", "profiles", "sink", "store", "rebuild", "console")
HEADERS = {"User-Agent": BROWSER, "Content-Type": "text/plain", "Origin": "https://shop.example", "Connection": "keep-alive"}
NEWEST = """
SELECT toUnixTimestamp64Milli(max(received_at)) FROM events_raw WHERE site = {site:String} AND received_at > now64(3) - INTERVAL 2 MINUTE
"""


@dataclass(slots=True)
class Series:
    """What was sampled, by name, and when."""

    times: list[float] = field(default_factory=list)
    values: dict[str, list[float]] = field(default_factory=dict)

    def add(self, at: float, found: dict[str, float]) -> None:
        """Add a sample of everything."""
        self.times.append(at)
        for name, value in found.items():
            self.values.setdefault(name, []).append(value)

    def trend(self, name: str, since: float) -> Trend:
        """Return the trend of one of them from a moment on."""
        first = next(at for at, when in enumerate(self.times) if when >= since)
        return trend(self.times[first:], self.values[name][first:])


def batches(count: int, start: int) -> Iterator[bytes]:
    """Yield requests of ten events each, of the crowd in turn."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    for number in range(start, start + count):
        events = [_event(number * A_REQUEST + at, now) for at in range(A_REQUEST)]
        yield post("/v1/batch", dumps({"batch": events, "sentAt": now, "writeKey": SITE}), HEADERS)


def _event(number: int, now: str) -> dict[str, object]:
    page = {"url": f"https://shop.example/products/{number % 500}", "title": "A product"}
    seen: dict[str, object] = {"messageId": str(uuid.uuid4()), "anonymousId": f"soak-{number * 7919 % CROWD}", "timestamp": now}
    seen |= {"pageviewId": str(uuid.UUID(int=number)), "seq": number % 3, "context": {"page": page}}
    if number % 3 == 0:
        return seen | {"type": "page"}
    if number % 3 == 1:
        return seen | {"type": "track", "kind": "engagement", "properties": {"engaged_ms": 5000, "scroll_pct": 40}}
    return seen | {"type": "track", "kind": "click", "properties": {"element": "a", "href": "https://shop.example/"}}


def run() -> bool:
    """Soak, print and record; return False when an acknowledged event was not stored."""
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="footprint-bench-") as folder, Line(Path(folder)) as line:
        loaded = Loaded(line)
        limit = _limit(loaded)
        answers, series = _soak(loaded, limit / 2)
        loaded.drained()
        stored, acknowledged = loaded.stored(), loaded.events * A_REQUEST
    report = Report("soak", ["", "mean", "slope", "standard error", "flat"])
    _tell(report, series, answers)
    report.note(f"Load average at the start: {load:.1f}; {MINUTES:g} min, the first quarter not counted; a sample every {EVERY_S:g} s.")
    report.note(f"Limit of this machine with the load beside the line: {limit:,.0f} events/s; soaked at {limit / 2:,.0f}.")
    report.note(f"Answers: {dict(answers.statuses)}. Events acknowledged: {acknowledged:,}; different events stored: {stored:,}.")
    report.note("Flat: a slope of 0 lies within two standard errors, or it rises by less than a hundredth of the mean in an hour.")
    report.finish()
    return stored == acknowledged


def _limit(loaded: Loaded) -> float:
    began = time.monotonic()
    loaded.at_once(list(batches(LIMIT_EVENTS // A_REQUEST, 0)))
    return LIMIT_EVENTS / (loaded.drained() - began)


def _soak(loaded: Loaded, rate: float) -> tuple[Answers, Series]:
    """Send at a rate for as long as it takes, and sample beside it."""
    ended = threading.Event()
    answers, series = Answers(), Series()
    sampling = threading.Thread(target=_sample, args=(loaded, series, answers, ended))
    sampling.start()
    began, number = time.monotonic(), LIMIT_EVENTS // A_REQUEST
    try:
        while time.monotonic() - began < MINUTES * 60:
            count = max(1, int(rate / A_REQUEST * CHUNK_S))
            found = loaded.at_rate(list(batches(count, number)), rate / A_REQUEST)
            number += count
            answers.statuses.update(found.statuses)
            answers.latencies += found.latencies
    finally:
        ended.set()
        sampling.join()
    return answers, series


def _sample(loaded: Loaded, series: Series, answers: Answers, ended: threading.Event) -> None:
    client, seen, taken = StoreClient(loaded.store()), loaded.watched(), 0
    try:
        while not ended.wait(EVERY_S):
            sample = seen.sample()
            found = {name: float(sample.memory[name]) for name in PARTS}
            state = sum(size for _, size in loaded.state().values())
            found |= {"state": state, "streams without state": found["streams"] - state}
            found |= {f"lag of {name}": float(lag) for name, lag in loaded.lags().items()}
            waits, taken = sorted(answers.latencies[taken:]), len(answers.latencies)
            found["answer p99"] = waits[int(0.99 * (len(waits) - 1))] if waits else 0.0
            found["stored after"] = max(0.0, time.time() - (client.rows(NEWEST, {"site": SITE})[0][0] or 0) / 1000)
            series.add(sample.at, found)
    finally:
        client.close()


def _tell(report: Report, series: Series, answers: Answers) -> None:
    since = series.times[0] + WARM * (series.times[-1] - series.times[0])
    for name, values in series.values.items():
        found, row = series.trend(name, since), "not counted" if name == "state" else None
        hour = 3600
        if name.startswith("lag"):
            told = (f"{found.mean:,.0f} records", f"{found.slope * hour:+,.0f} an hour", f"{found.error * hour:,.0f}")
        elif name in ("answer p99", "stored after"):
            told = (f"{found.mean * 1000:,.0f} ms", f"{found.slope * hour * 1000:+,.0f} ms/h", f"{found.error * hour * 1000:,.0f}")
        else:
            mb = hour / 2**20
            told = (f"{found.mean / 2**20:,.1f} MB", f"{found.slope * mb:+,.1f} MB/h", f"{found.error * mb:,.1f}")
        report.row(_named(name), *told, row or ("yes" if found.flat else "no"))
        del values
    report.row("answers, p50 / p99 of all", f"{answers.quantile(0.5):.1f} / {answers.quantile(0.99):.1f} ms", "", "", "")


def _named(name: str) -> str:
    return {"state": "of the streams' memory: state kept by rule"}.get(
        name, f"memory: {name}" if name in PARTS or "without" in name else name
    )
