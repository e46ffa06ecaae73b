"""Small folds on the product's delivery machinery: what it costs to be exact, without what the agents do."""

import zlib

from pydantic import BaseModel

from bench.streams.rig import PARTITIONS
from schemas.codec import loads
from schemas.topics import StateTopic, Topic
from streams.core.work import Arrival, Work
from streams.faust_exact.hop import Hop, Moment


def _topic(name: str) -> Topic:
    return Topic(name, BaseModel, "ndjson", "key", None, "for the bench")


def light_topics(per: int) -> dict[str, str]:
    """Return the names of the topics of the light fold."""
    return {"source": f"bench.small.{per}", "out": f"bench.counted.{per}", "state": f"bench.counts.{per}"}


def light(per: int) -> Hop:
    """Return the light fold: one hop that numbers the events of a visitor and routes them by subject."""
    names = light_topics(per)
    return _counting(names, "light")


TINY = {"source": "bench.tiny", "out": "bench.routed", "state": "bench.routed-state"}
SUMS = {"source": "bench.routed", "out": "bench.sums", "state": "bench.sums-state"}


def tiny() -> list[Hop]:
    """Return the experiment's two tiny folds: events are counted per visitor, then summed up per subject."""
    return [_counting(TINY, "count"), _summing()]


def _counting(names: dict[str, str], name: str) -> Hop:
    out = _topic(names["out"])

    def count(value: bytes, work: Work, arrival: Arrival) -> None:
        del arrival
        for line in value.split(b"\n"):
            event = loads(line)
            state = work.state.get(event["v"]) or {"n": 0}
            state["n"] += 1
            work.state.put(event["v"], state)
            event["c"] = state["n"]
            work.out.write_line(out, zlib.crc32(event["s"].encode()) % PARTITIONS, event)

    return Hop(name, _topic(names["source"]), StateTopic(names["state"], ""), (out,), count, _never, _never, _none)


def _summing() -> Hop:
    out = _topic(SUMS["out"])

    def add(value: bytes, work: Work, arrival: Arrival) -> None:
        del arrival
        for line in value.split(b"\n"):
            event = loads(line)
            subject = event["s"]
            state = work.state.get(subject) or {"sum": 0, "n": 0}
            state["sum"] += event["x"]
            state["n"] += 1
            work.state.put(subject, state)
            row = {"s": subject, "i": event["i"], "x": event["x"], "sum": state["sum"], "n": state["n"], "t": event["t"], "c": event["c"]}
            row["v"] = event["v"]
            work.out.write_line(out, zlib.crc32(subject.encode()) % PARTITIONS, row)

    return Hop("add", _topic(SUMS["source"]), StateTopic(SUMS["state"], ""), (out,), add, _never, _never, _none)


def _never(work: Work, moment: Moment) -> bool:
    del work, moment
    return False


def _none(meta: object) -> None:
    del meta


__all__ = ["SUMS", "TINY", "light", "light_topics", "tiny"]
