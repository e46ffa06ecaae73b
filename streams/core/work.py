"""What the cores and the delivery machinery agree on: one transaction's input, state and outputs.

The machinery promises that a record is absorbed exactly once, that outputs, state and `meta` of one `Work` commit
together, and that one owner at a time works on a partition. After a transaction that failed it drops the partition's
state and `meta` from memory and loads them again: cores change values in place.

Each agent's core offers the same three functions (`streams.core.visitors`, `streams.core.subjects`):

    absorb(value, work, *, rules, arrival)             one source record: never raises for what a caller sent
    advance(work, *, rules, now_ms, quiet) -> bool     timers; True when there is more that is due: commit, call again
    flush(work, *, rules, now_ms) -> bool              publish what was throttled, on a clean stop; True as above
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from schemas.codec import dumps
from schemas.topics import Topic

Clock = Literal["event", "wall"]
"""What a timer waits for: the watermark of the partition, or the time of day. Both in Unix milliseconds."""

DUE: dict[Clock, str] = {"event": "due_event", "wall": "due_wall"}
"""The fields of a state value that hold when its key wants to be woken; absent: never."""

Value = dict[str, Any]
"""A state value: an object that JSON can hold. `schemas.codec.dumps` encodes it."""


@dataclass(slots=True)  # a frozen one costs three times as much to make
class Record:
    """One record to write. `partition` None: `key_partition(key)`; `value` None: a tombstone."""

    topic: Topic
    partition: int | None
    key: bytes | None
    value: bytes | None


@dataclass(slots=True)
class Outputs:
    """What one transaction will write, in order.

    `lines` are NDJSON lines by topic and partition: the machinery joins them into records of at most
    `schemas.topics.MAX_RECORD_BYTES`. `counts` are for metrics (names in docs of the agents) and promise nothing.
    """

    records: list[Record] = field(default_factory=list)
    lines: dict[tuple[Topic, int], list[bytes]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    def write(self, topic: Topic, key: str, value: Value | None) -> None:
        """Add a record of a topic that is partitioned by key."""
        self.records.append(Record(topic, None, key.encode("utf-8", "surrogatepass"), None if value is None else dumps(value)))

    def write_line(self, topic: Topic, partition: int, value: Value) -> None:
        """Add an NDJSON line to a partition of a topic."""
        line = dumps(value)
        lines = self.lines.get((topic, partition))
        if lines is None:
            self.lines[topic, partition] = [line]
        else:
            lines.append(line)


class StateView(Protocol):
    """State of one partition, as the running transaction sees it: changes are kept aside until the commit."""

    def get(self, key: str) -> Value | None:
        """Return the value of a key, the very object that was put."""

    def put(self, key: str, value: Value) -> None:
        """Set the value of a key. A value that was changed in place must be put, or the change is lost."""

    def delete(self, key: str) -> None:
        """Remove a key (a tombstone in the state topic)."""

    def due(self, clock: Clock, until_ms: int, limit: int) -> Sequence[str]:
        """Return up to `limit` keys whose value's `DUE[clock]` is at most `until_ms`, earliest first."""


@dataclass(slots=True)
class Work:
    """One transaction of one source partition.

    `meta` is kept in the partition's marker record: what the core knows of the partition as a whole (its watermark).
    """

    state: StateView
    meta: Value
    out: Outputs = field(default_factory=Outputs)


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a source record came: `at` its Kafka timestamp; `source` and `watermark` its `from` and `wm` headers, if any.

    Records that the subjects agent writes into `tracked` carry no `wm`: they must not hold the watermark back.
    `key` and `partition` are where it stood: of a compacted topic the key says whose a tombstone is.
    """

    at: int
    source: str = ""
    watermark: int | None = None
    key: bytes = b""
    partition: int = 0
