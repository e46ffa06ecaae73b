"""A tiny two-hop stream on the real machinery, and its worker: `python -m tests.streams.faust_exact.counting NAME BOOTSTRAP`.

`count` numbers the events of a visitor and routes them by subject; `add` sums them up per subject. The pure fold over the
source log, `expected`, says what must come out.
"""

import argparse
import asyncio
import os
import random
import signal
import sys
import time
import zlib
from dataclasses import dataclass
from functools import cache

import orjson
from pydantic import BaseModel

from footprint.logs import configure
from schemas.connections import KafkaConnection
from schemas.topics import StateTopic, Topic
from streams.core.work import Arrival, Work
from streams.faust_exact.engine import Engine
from streams.faust_exact.hop import Delivery, Hop
from streams.metrics import StreamsMetrics

PARTITIONS = 3


@cache
def _topic(name, record="json"):
    return Topic(name, BaseModel, record, "key", 86_400_000, "for a test")


@dataclass(frozen=True)
class Line:
    """The topics of one run; names make runs independent of one another."""

    name: str

    @property
    def source(self):
        return _topic(f"{self.name}.source", "ndjson")

    @property
    def counted(self):
        return _topic(f"{self.name}.counted", "ndjson")

    @property
    def sums(self):
        return _topic(f"{self.name}.sums")

    @property
    def held(self):
        return _topic(f"{self.name}.held")

    @property
    def count_state(self):
        return StateTopic(f"{self.name}.count-state", "for a test")

    @property
    def sum_state(self):
        return StateTopic(f"{self.name}.sum-state", "for a test")

    def all_topics(self):
        return [self.source.name, self.counted.name, self.sums.name, self.held.name], [self.count_state.name, self.sum_state.name]


def counter(line, hold_ms):
    """Return the fold that numbers the events of a visitor."""

    def count(value: bytes, work: Work, arrival: Arrival):
        for text in value.split(b"\n"):
            event = orjson.loads(text)
            if event.get("boom"):
                raise RuntimeError("a bug in a core")
            state = work.state.get(event["v"]) or {"n": 0}
            state["n"] += 1
            if event.get("big"):
                state["big"] = "x" * (9 * 1024 * 1024)
            if hold_ms:
                state["due_wall"] = arrival.at + hold_ms
            work.state.put(event["v"], state)
            work.meta["last"] = event["i"]
            work.out.write_line(line.counted, zlib.crc32(event["s"].encode()) % PARTITIONS, {**event, "n": state["n"]})

    return count


def publisher(line, more_ms):
    """Return the timer that publishes the counts that were held until now, or so much longer."""

    def publish(work, moment):
        keys = work.state.due("wall", moment.now_ms + more_ms, 10)
        for key in keys:
            state = work.state.get(key)
            del state["due_wall"]
            work.state.put(key, state)
            work.out.write(line.held, key, {"v": key, "n": state["n"]})
        return len(keys) == 10

    return publish


def adder(line):
    """Return the fold that sums the events of a subject up."""

    def add(value: bytes, work: Work, arrival: Arrival):
        for text in value.split(b"\n"):
            event = orjson.loads(text)
            state = work.state.get(event["s"]) or {"sum": 0}
            state["sum"] += event["x"]
            work.state.put(event["s"], state)
            work.out.write(line.sums, event["s"], {"i": event["i"], "s": event["s"], "sum": state["sum"]})
        work.meta.setdefault("watermarks", {})[arrival.source] = arrival.watermark

    return add


def never(work, moment):
    """No timers."""
    return False


def hops(line, *, hold_ms=0):
    """`hold_ms`: a visitor's count is published so long after it changed, or on a clean stop."""
    now, at_the_end = publisher(line, 0), publisher(line, 10**10)
    return [
        Hop(
            "count",
            line.source,
            line.count_state,
            (line.counted, line.held),
            counter(line, hold_ms),
            now,
            at_the_end,
            lambda meta: meta.get("last"),
        ),
        Hop("add", line.counted, line.sum_state, (line.sums,), adder(line), never, never, lambda meta: None),
    ]


class Dropping:
    """Loses fetched records on purpose: they vanish between the fetch and the agent."""

    def __init__(self, share):
        self.random, self.share, self.dropped = random.Random(5), share, 0

    def __call__(self, absorb):
        async def lossy(events):
            kept = []
            for event in events:
                if self.random.random() < self.share:
                    event.message.acked = True
                    self.dropped += 1
                else:
                    kept.append(event)
            await absorb(kept)

        return lossy


def expected(values):
    """The pure fold: final count per visitor and final sum per subject over the source records, in any order."""
    counts, sums, ids = {}, {}, []
    for value in values:
        for text in value.split(b"\n"):
            event = orjson.loads(text)
            counts[event["v"]] = counts.get(event["v"], 0) + 1
            sums[event["s"]] = sums.get(event["s"], 0) + event["x"]
            ids.append(event["i"])
    return counts, sums, ids


def record(first, number, seed=1):
    """One source record of `number` events with ids from `first` on, and the partition of its visitor."""
    chosen = random.Random(f"{seed}-{first}")
    visitor = f"v{chosen.randrange(40)}"
    events = [{"i": first + at, "v": visitor, "s": f"s{chosen.randrange(20)}", "x": chosen.randrange(1, 100)} for at in range(number)]
    return zlib.crc32(visitor.encode()) % PARTITIONS, b"\n".join(map(orjson.dumps, events))


def delivery(line, bootstrap, **changes):
    values = {"session_s": 6.0, "tick_s": 0.1, "within_s": 0.02, "instance": "one", **changes}
    return Delivery(f"app-{line.name}", KafkaConnection(bootstrap), PARTITIONS, **values)


def say(text):
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


async def serve(line, bootstrap, *, hold_ms, drop, instance):
    engine = Engine(
        delivery(line, bootstrap, instance=instance),
        hops(line, hold_ms=hold_ms),
        clock=lambda: time.time_ns() // 1_000_000,
        observer=StreamsMetrics(),
    )
    dropping = Dropping(drop)
    if drop:
        engine._takes.absorb = dropping(engine._takes.absorb)
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    await engine.start()
    while not stopped.is_set():
        status = engine.status()
        say(f"READY={int(status.ready)} LAG={status.lag} DROPPED={dropping.dropped} OWNED={status.owned}")
        try:
            await asyncio.wait_for(stopped.wait(), 0.2)
        except TimeoutError:
            continue
    await engine.stop()
    say("STOPPED")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("bootstrap")
    parser.add_argument("--hold-ms", type=int, default=0)
    parser.add_argument("--drop", type=float, default=0.0)
    parser.add_argument("--instance", default="one")
    given = parser.parse_args()
    configure(part="counting")
    asyncio.run(serve(Line(given.name), given.bootstrap, hold_ms=given.hold_ms, drop=given.drop, instance=given.instance))


def command(line, bootstrap, *more):
    return [sys.executable, "-W", "ignore", "-m", "tests.streams.faust_exact.counting", line.name, bootstrap, *more]


def environment():
    return {**os.environ, "PYTHONUNBUFFERED": "1"}


if __name__ == "__main__":
    main()
