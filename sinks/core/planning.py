"""Planned batches: which records of a partition go into one insert, under which token, and how a refused batch is split.

One batch is the offsets `first..last` of one partition. The plan is committed before the insert; after a crash the same
offsets are read again and inserted under the same token, so that the store recognises what it has (docs/architecture.md).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

METADATA_VERSION = "1"


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a topic as it was read. `timestamp` is Kafka's, in Unix milliseconds."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    trace: bytes | None = None
    """The trace that it belongs to (`schemas.tracing`)."""

    @property
    def size(self) -> int:
        """Bytes of the value."""
        return len(self.value or b"")


@dataclass(frozen=True, slots=True)
class Limits:
    """When a batch is full: rows and bytes are soft, one record is always taken. `gather_s` is how long a batch may wait.

    `behind_s` is how long it may wait while more of its partition is known to stand in Kafka: an insert has a fixed price.
    """

    rows: int = 20_000
    bytes: int = 32 * 1024 * 1024
    gather_s: float = 0.4
    behind_s: float = 1.0


@dataclass(frozen=True, slots=True)
class Plan:
    """The batch that is being inserted: offsets `first..last`, and the timestamp of its first record.

    The timestamp tells apart equal offsets of a topic that was deleted and made again: a token must name its rows.
    """

    first: int
    last: int
    stamp: int


def plan_of(records: Sequence[Record]) -> Plan:
    """Return the plan of a batch; raises ValueError when it is empty."""
    if not records:
        raise ValueError("a batch has at least one record")
    return Plan(records[0].offset, records[-1].offset, records[0].timestamp)


def encode(plan: Plan | None) -> str:
    """Return the offset metadata of a plan; `first` is the committed offset itself. None: nothing is planned."""
    return "" if plan is None else f"{METADATA_VERSION} last={plan.last} stamp={plan.stamp}"


def decode(offset: int, metadata: str) -> Plan | None:
    """Return the plan that a committed offset carries, or None.

    Raises ValueError for metadata of another form: it was written by another version, and guessing could double rows.
    """
    if not metadata:
        return None
    version, *fields = metadata.split(" ")
    values = dict(field.partition("=")[::2] for field in fields)
    if version != METADATA_VERSION or not {"last", "stamp"} <= values.keys():
        raise ValueError(f"unknown plan {metadata!r} at offset {offset}")
    return Plan(offset, int(values["last"]), int(values["stamp"]))


def token(topic: str, partition: int, plan: Plan) -> str:
    """Return the deduplication token of a whole batch: it names exactly these rows."""
    return f"{topic}-{partition}-{plan.first}-{plan.last}-{plan.stamp}"


def part_token(whole: str, start: int, stop: int) -> str:
    """Return the token of rows `start..stop` (stop excluded) of a batch that is inserted in parts."""
    return f"{whole}/{start}-{stop}"


def halves(start: int, stop: int) -> Iterator[tuple[int, int]]:
    """Split a range of at least two rows. The split depends on the range alone, so a second run cuts at the same rows."""
    middle = (start + stop) // 2
    yield start, middle
    yield middle, stop


def take(records: Sequence[Record], plan: Plan | None, *, limits: Limits, rows: Sequence[int]) -> int:
    """Return how many leading records form the next batch.

    With a plan that was committed before, exactly its records; else as many as the limits allow, at least one.
    `rows` is the number of rows of each record.
    """
    if plan is not None:
        return sum(1 for record in records if record.offset <= plan.last)
    total_rows = total_bytes = 0
    for count, record in enumerate(records):
        total_rows += rows[count]
        total_bytes += record.size
        if count and (total_rows > limits.rows or total_bytes > limits.bytes):
            return count
    return len(records)


def due(limits: Limits, *, rows: int, size: int, waited_s: float, behind: bool) -> bool:
    """True when what waits is to be stored now. `behind`: more of its partition is known to stand in Kafka."""
    return rows >= limits.rows or size >= limits.bytes or waited_s >= (limits.behind_s if behind else limits.gather_s)


def complete(plan: Plan, position: int) -> bool:
    """True when a reader at `position` (the next offset it will read) has seen every record of a plan."""
    return position > plan.last
