"""What the streams cost, beside a naive Faust application (N) and Quix Streams (Q) in the same run.

CPU is that of the whole worker process per event, on a real local Kafka, outputs and state written in transactions.
"""

import os
import statistics
import sys
import time
from dataclasses import dataclass
from typing import Any

from bench.report import Report
from bench.streams import copies, folds, inputs
from bench.streams.live import Live, run_live
from bench.streams.peer import quix_python
from bench.streams.rig import Rig, rig
from schemas.topics import EVENTS, VISITORS_STATE

COMPACT = {"cleanup.policy": "compact"}
LIGHT = {50: 200_000, 5: 60_000, 1: 20_000}
SMALL_QUIX, SMALL_NAIVE, TINY = 60_000, 20_000, 200_000
COPIES = 6
"""Copies of the demo's days that one measurement absorbs."""
KEYS = 300_000


@dataclass(slots=True)
class Figures:
    """Everything that was measured, microseconds per event unless the name says otherwise."""

    quix: list[float]
    naive: float
    light: dict[int, float]
    tiny: float
    visitors: dict[str, Any]
    subjects: dict[str, Any]
    both: dict[str, Any]
    restart_s: float
    loaded: dict[str, Any]
    empty: dict[str, Any]
    live: Live

    @property
    def q(self) -> float:
        """The yardstick Q: the median over the run."""
        return statistics.median(self.quix)


def run() -> bool:
    """Measure, print and record. Costs are no promise: it is True whenever everything was absorbed."""
    load = os.getloadavg()[0]
    started = time.monotonic()
    with rig() as line:
        figures = _measure(line)
    report = Report("streams", ["", "us per event", "measured", "must", "goal", "experiment"])
    _tell(report, figures)
    report.note(f"Load average at the start: {load:.1f}; the run took {time.monotonic() - started:.0f} s.")
    report.finish()
    return figures.live.scored == figures.live.events


def _measure(line: Rig) -> Figures:
    quix = [_quix(line, 1)]
    naive = _naive(line)
    light = {per: _light(line, per, number) for per, number in LIGHT.items()}
    tiny = _tiny(line)
    quix.append(_quix(line, 2))
    line.create_product_topics()
    empty = line.measure("bench.streams.worker", "visitors", "0")
    days = inputs.days(time.time_ns() // 1_000_000)
    visitors = _absorb(line, days, "visitors", range(COPIES))
    subjects = line.measure("bench.streams.worker", "subjects", str(copies.records_of(line, "footprint.tracked.v1")))
    both = _absorb(line, days, "both", range(COPIES, 2 * COPIES))
    quix.append(_quix(line, 3))
    restart_s, loaded = _restart(line, days)
    return Figures(quix, naive, light, tiny, visitors, subjects, both, restart_s, loaded, empty, run_live(line))


def _quix(line: Rig, number: int) -> float:
    source = f"bench.quix.{number}"
    line.create([source, *(["bench.quix.counted"] if number == 1 else [])])
    line.fill(source, inputs.small_records(SMALL_QUIX, 1))
    return float(line.measure("bench/streams/quix.py", source, str(SMALL_QUIX), python=quix_python())["us"])


def _naive(line: Rig) -> float:
    line.create(["bench.naive", "bench.naive.counted"])
    line.fill("bench.naive", inputs.small_records(SMALL_NAIVE, 1))
    return float(line.measure("bench.streams.naive", "bench.naive", str(SMALL_NAIVE))["us"])


def _light(line: Rig, per: int, number: int) -> float:
    names = folds.light_topics(per)
    return _fold(line, f"light-{per}", [names], inputs.small_records(number, per))


def _tiny(line: Rig) -> float:
    return _fold(line, "tiny", [folds.TINY, folds.SUMS], inputs.tiny_records(TINY, 50))


def _fold(line: Rig, what: str, hops: list[dict[str, str]], records: inputs.Records) -> float:
    line.create(list(dict.fromkeys(names[kind] for names in hops for kind in ("source", "out"))))
    line.create([names["state"] for names in hops], **COMPACT)
    line.fill(hops[0]["source"], records)
    return float(line.measure("bench.streams.worker", what, str(len(records)))["us"])


def _absorb(line: Rig, days: inputs.Days, what: str, chosen: range) -> dict[str, Any]:
    records = days.records(chosen, 50)
    line.fill(EVENTS.name, records)
    return line.measure("bench.streams.worker", what, str(len(records)))


def _restart(line: Rig, days: inputs.Days) -> tuple[float, dict[str, Any]]:
    """Return the seconds from the start of a process until it has absorbed a record behind 300,000 keys, and what it holds."""
    copies.grow(line, VISITORS_STATE.name, KEYS)
    record = days.records(range(2 * COPIES, 2 * COPIES + 1), 50)[-1:]
    line.fill(EVENTS.name, record)
    began = time.time()
    found = line.measure("bench.streams.worker", "visitors", "1")
    return found["first_commit_s"] - began, found


def _tell(report: Report, found: Figures) -> None:
    q = found.q
    spread = ", ".join(f"{one:.1f}" for one in found.quix)
    report.row("Q: stateful apply of Quix Streams, at-least-once", f"{q:.1f}", "1", "", "", "55 us")
    report.row("N: naive Faust application", f"{found.naive:.0f}", f"{found.naive / q:.1f} Q", "", "", "800 us")
    for per, must, goal, seen in ((50, "0.40", "0.25", "0.29"), (5, "0.9", "0.6", "0.76"), (1, "3.6", "2.5", "3.3")):
        cost = found.light[per]
        report.row(f"light fold, {per} a record", f"{cost:.1f}", f"{cost / q:.2f} Q", f"<= {must} Q", f"<= {goal} Q", f"{seen} Q")
    report.row("both hops, tiny folds, 50 a record", f"{found.tiny:.1f}", f"{found.tiny / q:.2f} Q", "<= 0.30 Q", "<= 0.15 Q", "0.14 Q")
    for name, one in (("visitors", found.visitors), ("subjects", found.subjects)):
        report.row(f"`{name}`, everything on, 50 a record", f"{one['us']:.1f}", f"{one['us'] / q:.2f} Q", "<= 1.3 Q", "<= 0.8 Q", "")
    both = found.both["us"]
    report.row("both together, everything on", f"{both:.1f}", f"{both / found.naive:.2f} N", "<= 0.18 N", "<= 0.11 N", "")
    keys = found.loaded["keys"]
    report.row(f"restart with {keys:,} keys to the first record", "", f"{found.restart_s:.1f} s", "<= 5 s", "<= 3 s", "1.4 s load")
    memory = (found.loaded["rss_settled_mb"] - found.empty["rss_settled_mb"]) / keys * 1e5
    report.row("memory per 100,000 active visitors", "", f"{memory:.0f} MB", "<= 120 MB", "<= 80 MB", "")
    live = found.live
    report.row("broker's CPU at 200 events/s", "", f"{live.broker:.2f} core", "<= 0.8 core", "<= 0.5 core", "0.65-0.76")
    report.row("worker's CPU at 200 events/s", "", f"{live.worker:.2f} core", "", "", "0.47")
    report.row("200 OK to the score, p50 / p99", "", f"{live.p50:.0f} / {live.p99:.0f} ms", "<= 300 / 1000 ms", "", "129 / 207 ms")
    report.note(
        f"Q was measured three times, between the others: {spread} us. Python {sys.version.split()[0]}; one partition in four each."
    )
    report.note(
        f"State of a visitor: {found.loaded['state_bytes']:.0f} B on average. {live.scored} of {live.events} events were in a score."
    )
