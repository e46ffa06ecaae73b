"""One worker of ours that absorbs a topic and says what it cost: `python -m bench.streams.worker BOOTSTRAP WHAT RECORDS`.

The CPU is that of the whole process, every thread of it, from the first commit after a tenth of the records to the last commit.
"""

import asyncio
import ctypes
import gc
import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any

import uvloop

from bench.streams import folds
from bench.streams.rig import PARTITIONS
from footprint.logs import configure
from schemas.connections import KafkaConnection
from streams.agents import subjects_hop, visitors_hop
from streams.core.rules import VisitorRules
from streams.core.subjects import read_rules
from streams.faust_exact.engine import Engine
from streams.faust_exact.hop import Delivery, Hop

STEADY_S = 1.0


class Meter:
    """Counts what the hops absorb, and notes CPU and memory at the commits. It is the engine's observer."""

    def __init__(self, first: str, warm: int, total: int) -> None:
        self.first, self.warm, self.total = first, warm, total
        self.records = 0
        self.events: dict[str, int] = {}
        self.at_start: dict[str, Any] = {}
        self.at_end: dict[str, Any] = {}
        self.owned_s = 0.0
        self.first_commit_s = 0.0

    def metered(self, hop: Hop) -> Hop:
        """Return the hop, counting the events that it absorbs if it is the first."""
        absorb, name = hop.absorb, hop.name
        if name != self.first:
            return hop

        def counting(value: bytes, *more: Any) -> None:
            self.events[name] = self.events.get(name, 0) + value.count(b"\n") + 1
            absorb(value, *more)

        return replace(hop, absorb=counting)

    def committed(self, hop: str, records: int, counts: Mapping[str, int], seconds: float) -> None:
        """Note where CPU and memory stand."""
        del counts, seconds
        if records and not self.first_commit_s:
            self.first_commit_s = time.time()
        if hop == self.first:
            self.records += records
        if self.records < self.warm:
            return
        now = self._now()
        if not self.at_start:
            self.at_start = now
        if records:
            self.at_end = now

    def _now(self) -> dict[str, Any]:
        return {"cpu": time.process_time(), "wall": time.monotonic(), "events": self.events.get(self.first, 0)}

    def refused(self, hop: str, records: int) -> None:
        """Nothing to note."""

    def rewound(self, hop: str) -> None:
        """Nothing to note."""

    def owned(self, hop: str, records: int, seconds: float) -> None:
        """Note the longest take-over."""
        del hop, records
        self.owned_s = max(self.owned_s, seconds)

    def done(self) -> bool:
        """True when every record of the first hop has been absorbed."""
        return self.records >= self.total

    def result(self, keys: int, state_bytes: float) -> dict[str, Any]:
        """Return what was measured."""
        start, end = self.at_start or self._now(), self.at_end or self._now()
        events = end["events"] - start["events"]
        return {
            "us": (end["cpu"] - start["cpu"]) * 1e6 / max(events, 1),
            "events": events,
            "rate": events / max(end["wall"] - start["wall"], 1e-9),
            "keys": keys,
            "state_bytes": state_bytes,
            "rss_settled_mb": settled() / 2**20,
            "owned_s": self.owned_s,
            "first_commit_s": self.first_commit_s,
        }


def resident() -> int:
    """Return the resident memory of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def settled() -> int:
    """Return the resident memory after everything that can be given back has been."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    return resident()


def product_hops() -> dict[str, Hop]:
    """Return both agents with what is shipped."""
    texts = {name: (resources.files("streams") / "models" / f"{name}.yaml").read_text("utf-8") for name in ("scores", "triggers")}
    rules = read_rules(scores=texts["scores"], triggers=texts["triggers"], partitions=PARTITIONS)
    return {"visitors": visitors_hop(VisitorRules(PARTITIONS)), "subjects": subjects_hop(rules)}


WHAT: dict[str, Callable[[], list[Hop]]] = {
    **{f"light-{per}": partial(lambda per: [folds.light(per)], per) for per in (50, 5, 1)},
    "tiny": folds.tiny,
    "visitors": lambda: [product_hops()["visitors"]],
    "subjects": lambda: [product_hops()["subjects"]],
    "both": lambda: list(product_hops().values()),
}


async def absorb(bootstrap: str, what: str, total: int) -> dict[str, Any]:
    """Run the worker until everything is absorbed."""
    hops = WHAT[what]()
    meter = Meter(hops[0].name, total // 10, total)
    delivery = Delivery(f"bench-{what}", KafkaConnection(bootstrap), PARTITIONS, instance="one")
    engine = Engine(delivery, [meter.metered(hop) for hop in hops], clock=lambda: time.time_ns() // 1_000_000, observer=meter)
    await engine.start()
    since = None
    while since is None or time.monotonic() - since < STEADY_S:
        await asyncio.sleep(0.2)
        status = engine.status()
        still = meter.done() and status.ready and status.lag == 0
        since = (since or time.monotonic()) if still else None
    states = [partition.state for partition in engine.owned() if partition.hop.name == meter.first]
    keys = sum(map(len, states))
    return meter.result(keys, sum(state.size for state in states) / max(keys, 1))


async def _say(bootstrap: str, what: str, total: int) -> None:
    """Print one line of JSON, and end without the ceremony of leaving."""
    try:
        sys.stdout.write(json.dumps(await absorb(bootstrap, what, total)) + "\n")
        sys.stdout.flush()
    except Exception:  # noqa: BLE001  # whatever it is, the process must end and say it
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def main() -> None:
    """Measure what the command line names."""
    bootstrap, what, total = sys.argv[1:4]
    configure(part="bench", level="WARNING")
    uvloop.install()
    asyncio.run(_say(bootstrap, what, int(total)))


if __name__ == "__main__":
    main()
