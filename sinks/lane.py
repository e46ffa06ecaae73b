"""One partition on its way into the store: what was read, what is planned, what is stored."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sinks.core.feeds import Feed
from sinks.core.planning import Limits, Plan, Record, complete, due, plan_of, take, token
from sinks.ports import Partition, Place


class Read(NamedTuple):
    """A record that was read, its lines joined, and how many they are: at most, where some are blank."""

    record: Record
    lines: bytes
    rows: int


@dataclass(slots=True)
class Batch:
    """One insert: the records of the offsets of its plan."""

    feed: Feed
    partition: Partition
    plan: Plan
    read: Sequence[Read]
    committed: bool

    @property
    def lines(self) -> bytes:
        """The lines of the insert, joined; empty when there is nothing to insert."""
        return b"\n".join(one.lines for one in self.read).strip(b"\n")

    @property
    def rows(self) -> list[tuple[bytes, int]]:
        """Each line of the insert by itself, with Kafka's time of its record: what a batch is split into when it is refused."""
        number = self.partition.number
        return [(row, one.record.timestamp) for one in self.read for row in self.feed.rows(number, one.record)]

    @property
    def count(self) -> int:
        """How many rows, at most."""
        return sum(one.rows for one in self.read)

    @property
    def traces(self) -> list[bytes]:
        """The traces that its records belong to, each once."""
        return list(dict.fromkeys(one.record.trace for one in self.read if one.record.trace is not None))

    @property
    def token(self) -> str:
        """The deduplication token of the whole batch."""
        return token(self.partition.topic, self.partition.number, self.plan)


@dataclass(slots=True)
class Lane:
    """What is known of one partition under one assignment. `mark` is the assignment's."""

    partition: Partition
    mark: object
    feed: Feed
    known: bool = False
    """The committed plan has been asked for."""
    replay: Plan | None = None
    """A plan that was committed before this assignment: exactly its records come first."""
    waiting: deque[Read] = field(default_factory=deque)
    rows: int = 0
    size: int = 0
    """Rows and bytes of what waits."""
    since: float = 0.0
    stored_one: bool = False
    """A batch was just stored, and nobody has looked at what waits since."""
    batch: Batch | None = None
    stored: int | None = None
    """The next offset to acknowledge, None: it is acknowledged."""

    def add(self, records: Sequence[Record], now: float) -> None:
        """Take records that were read, in order."""
        if records and not self.waiting:
            self.since = now
        for record in records:
            lines = self.feed.lines(self.partition.number, record)
            count = lines.count(b"\n") + 1 if lines else 0
            self.waiting.append(Read(record, lines, count))
            self.rows += count
            self.size += record.size

    def cut(self, now: float, *, limits: Limits, place: Place | None) -> Batch | None:
        """Make the next batch the current one and return it; None when there is none yet, or one is under way."""
        if self.batch is not None or not self.known or not self._due(now, limits, place):
            return None
        count = take([one.record for one in self.waiting], self.replay, limits=limits, rows=[one.rows for one in self.waiting])
        taken = [self.waiting.popleft() for _ in range(count)]
        self.rows -= sum(one.rows for one in taken)
        self.size -= sum(one.record.size for one in taken)
        plan, committed, self.replay = self.replay, self.replay is not None, None
        if not taken:
            return None  # what was planned has expired since
        self.since = now
        plan = plan or plan_of([one.record for one in taken])
        self.batch = Batch(self.feed, self.partition, plan, taken, committed)
        return self.batch

    def finish(self, batch: Batch) -> None:
        """Note that a batch is stored."""
        self.batch, self.stored, self.stored_one = None, batch.plan.last + 1, True

    @property
    def backlog(self) -> int:
        """Records that were read and are not stored; a batch under way counts by its rows, at least one."""
        return len(self.waiting) + (max(1, self.batch.count) if self.batch else 0)

    @property
    def oldest_ms(self) -> int | None:
        """Kafka's time of the oldest record that was read and is not stored, None without one."""
        first = self.batch.read[0] if self.batch else self.waiting[0] if self.waiting else None
        return first.record.timestamp if first else None

    def _due(self, now: float, limits: Limits, place: Place | None) -> bool:
        if self.replay is not None:
            return self._replay_read(self.replay, place)
        if not self.waiting:
            return False
        behind = place is not None and place.position < place.end
        if behind and self.stored_one:
            self.since = now  # while the batch before was being stored nothing was read: the wait for a full one begins here
        self.stored_one = False
        return due(limits, rows=self.rows, size=self.size, waited_s=now - self.since, behind=behind)

    def _replay_read(self, plan: Plan, place: Place | None) -> bool:
        earliest = self.waiting[0][0].offset if self.waiting else None
        if earliest is not None and earliest < plan.first:  # the topic was made anew: this plan names other records
            self.replay = None
            return False
        latest = self.waiting[-1][0].offset if self.waiting else -1
        return latest >= plan.last or (place is not None and complete(plan, place.position))
