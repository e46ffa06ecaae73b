"""What each part costs an event, and what so many events a day need: `docs/capacity.md` is written from this run.

Method: `footprint up` on one machine, all parts, the load beside them. Events of demo days come one a request at the rates that a million and
ten million events a day have in the mean and at their peak; of each rate the second half counts. Then as many as the line takes at
once, until all is stored: the cost of a further event where batches are full. Then the state is copied until the streams, and after them the profiles, hold
so many keys more, and they are started again: memory of a key. Then a store beside the first is filled with half a million events: bytes of a row.
"""

import dataclasses
import json
import os
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench import capacity_page
from bench.capacity_line import Loaded
from bench.capacity_load import Traffic
from bench.capacity_model import DAY_S, Assumptions, Part, Slopes
from bench.capacity_tables import Tables
from bench.report import RESULTS, Report, machine
from bench.streams import copies
from bench.watching import Sample
from footprint.demo.line import Line
from schemas.topics import PROFILES, PROFILES_STATE, PUBLIC, SCORES, SUBJECTS_STATE, VISITORS_STATE, StateTopic

VOLUMES = (1e6, 10e6)
RATES = sorted(factor * volume / DAY_S for volume in VOLUMES for factor in (1, Assumptions().peak))
WARM_S, LOAD_S, REST_S = 6.0, 14.0, 10.0
NEARLY = 0.95
BURST = 60_000
COPIES = 40
"""Copies of the day: enough events for all of it."""
GROWN = 150_000
FILLED = 500_000
PARTS = ("collector", "kafka", "streams", "profiles", "sink", "store", "rebuild", "console")


@dataclass(slots=True)
class Level:
    """What was seen at one rate."""

    rate: float
    cores: dict[str, float]
    p50: float = 0.0
    p99: float = 0.0


@dataclass(slots=True)
class Burst:
    """What was seen while as much came as the line takes. `limit` is events a second until all was stored."""

    limit: float
    cpu_us: dict[str, float]
    memory: dict[str, int]


@dataclass(slots=True)
class Growth:
    """What further keys cost a part that holds state."""

    base: float
    per_byte: float
    load_keys_s: float


def run() -> bool:
    """Measure, print, record, and write the page; return False when an acknowledged event was not stored."""
    load, began = os.getloadavg()[0], time.monotonic()
    with tempfile.TemporaryDirectory(prefix="footprint-bench-") as folder, Line(Path(folder), session_update_s="0") as line:
        loaded = Loaded(line)
        found = _measure(loaded)
        stored = loaded.stored()
        whole = stored == loaded.events
    told = {"when": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()), "machine": machine(), "load": round(load, 1)}
    found |= {"told": told | {"seconds": round(time.monotonic() - began), "stored": stored, "acknowledged": loaded.events}}
    (RESULTS / "capacity.json").write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    _report(found)
    capacity_page.write()
    return whole


def _measure(loaded: Loaded) -> dict[str, Any]:
    traffic = Traffic(COPIES)
    levels = [_rest(loaded), *(_level(loaded, traffic, rate) for rate in RATES)]
    burst = _burst(loaded, traffic, levels[0])
    state, disk = loaded.state() | {"profiles": loaded.state("profiles")["profiles"]}, loaded.on_disk()
    rows = Tables(loaded.store()).rows()
    scores = copies.newest_bytes(loaded.bootstrap, SCORES.name) / state["subjects"][0]
    published = copies.newest_bytes(loaded.bootstrap, PROFILES.name) / max(state["profiles"][0], 1)
    growth = _grown(loaded, "streams", VISITORS_STATE, SUBJECTS_STATE)
    profiles = _grown(loaded, "profiles", PROFILES_STATE)
    bytes_of = Tables(replace(loaded.store(), database="capacity")).filled(FILLED)
    events = loaded.events
    per_key = {hop: size / max(keys, 1) for hop, (keys, size) in state.items()}
    slopes = Slopes(
        parts={
            name: Part([(level.rate, level.cores[name]) for level in levels], burst.cpu_us[name], float(burst.memory[name]))
            for name in PARTS
        },
        topics={topic.name: disk.get(topic.name, 0) / events for topic in PUBLIC},
        tables={table: rows.get(table, 0) / events * size for table, size in bytes_of.items()},
        keys={
            "visitor": per_key["visitors"] * growth.per_byte,
            "subject": per_key["subjects"] * growth.per_byte,
            "profile": per_key["profiles"] * profiles.per_byte,
        },
        stored_keys={"visitor": per_key["visitors"], "subject": per_key["subjects"] + scores, "profile": per_key["profiles"] + published},
        load_keys_s=growth.load_keys_s,
        spooled=1.1 * disk["footprint.events.v1"] / events,
    )
    parts = dict(slopes.parts)
    parts |= {name: replace(parts[name], memory=one.base) for name, one in (("streams", growth), ("profiles", profiles))}
    return {
        "slopes": dataclasses.asdict(replace(slopes, parts=parts)),
        "levels": [dataclasses.asdict(level) for level in levels],
        "burst": dataclasses.asdict(burst),
        "rows": {table: count / events for table, count in rows.items()},
        "row_bytes": bytes_of,
        "state": {hop: {"keys": keys, "bytes": size} for hop, (keys, size) in state.items()},
        "growth": dataclasses.asdict(growth),
        "profiles": dataclasses.asdict(profiles),
    }


def _rest(loaded: Loaded) -> Level:
    """Look at a line that nothing comes to."""
    seen = loaded.watched()
    before = seen.sample()
    time.sleep(REST_S)
    return Level(0.0, seen.sample().cores_since(before))


def _level(loaded: Loaded, traffic: Traffic, rate: float) -> Level:
    """Load the line at a rate and look at it when it has settled. A machine that did not reach the rate is taken at what it reached."""
    loaded.at_rate(traffic.take(int(rate * WARM_S)), rate)
    seen = loaded.watched()
    before = seen.sample()
    requests = traffic.take(int(rate * LOAD_S))
    answers = loaded.at_rate(requests, rate)
    after = seen.sample()
    reached = len(requests) / (after.at - before.at)
    loaded.drained()
    return Level(rate if reached > NEARLY * rate else reached, after.cores_since(before), answers.quantile(0.5), answers.quantile(0.99))


def _burst(loaded: Loaded, traffic: Traffic, rest: Level) -> Burst:
    """Send as much as the collector takes and wait until all is stored and merged; what a part takes at rest is not the events'."""
    requests = traffic.take(BURST)
    seen = loaded.watched()
    before = seen.sample()
    loaded.at_once(requests)
    took = loaded.drained() - before.at
    loaded.merged()
    after = seen.sample()
    lasted = after.at - before.at
    spent = {name: max(0.0, after.cpu_s[name] - before.cpu_s[name] - rest.cores[name] * lasted) * 1e6 / BURST for name in PARTS}
    return Burst(BURST / took, spent, dict(after.memory))


def _grown(loaded: Loaded, part: str, *topics: StateTopic) -> Growth:
    """Start a part again before and after its state has grown."""
    first, before = _again(loaded, part)
    for topic in topics:
        loaded.grow(topic.name, GROWN)
    second, after = _again(loaded, part)
    more_keys, more_bytes = (second[at] - first[at] for at in (0, 1))
    per_byte = (after.memory[part] - before.memory[part]) / more_bytes
    return Growth(before.memory[part] - per_byte * first[1], per_byte, more_keys / max(0.1, second[2] - first[2]))


def _again(loaded: Loaded, part: str) -> tuple[tuple[float, float, float], Sample]:
    seconds, sample = loaded.restarted(part)
    keys, size = (sum(one[at] for one in loaded.state(part).values()) for at in (0, 1))
    return (keys, size, seconds), sample


def _report(found: dict[str, Any]) -> None:
    levels, burst, told = found["levels"], found["burst"], found["told"]
    report = Report(
        "capacity", ["cores used", *("at rest" if not one["rate"] else f"{one['rate']:.0f} events/s" for one in levels), "a further event"]
    )
    for name in PARTS:
        cores = [f"{level['cores'][name]:.2f}" for level in levels]
        report.row(name, *cores, f"{burst['cpu_us'][name]:.0f} us")
    report.row("answer, p50 / p99", "", *(f"{one['p50']:.1f} / {one['p99']:.1f} ms" for one in levels[1:]), "")
    report.note(f"Load average at the start: {told['load']}; the run took {told['seconds']} s; the load ran beside the line.")
    report.note(f"The most that this machine stores with the load beside it: {burst['limit']:,.0f} events/s.")
    report.note(f"Events acknowledged: {told['acknowledged']:,}; different events stored: {told['stored']:,}.")
    report.note("[What so many events a day need](../../docs/capacity.md); every figure is in `capacity.json`.")
    report.finish()
