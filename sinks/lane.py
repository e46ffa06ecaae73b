"""One partition on its way into the store: what was read, what is planned, what is stored."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

from sinks.core.feeds import Feed
from sinks.core.planning import Limits, Plan, Record, complete, plan_of, take, token
from sinks.ports import Partition, Place


@dataclass(slots=True)
class Batch:
    """One insert: the rows of the offsets of its plan, and for each row Kafka's time of its record."""

    feed: Feed
    partition: Partition
    plan: Plan
    rows: list[bytes]
    stamps: list[int]
    committed: bool

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
    waiting: deque[tuple[Record, Sequence[bytes]]] = field(default_factory=deque)
    since: float = 0.0
    batch: Batch | None = None
    stored: int | None = None
    """The next offset to acknowledge, None: it is acknowledged."""

    def add(self, records: Sequence[Record], now: float) -> None:
        """Take records that were read, in order."""
        if records and not self.waiting:
            self.since = now
        self.waiting.extend((record, self.feed.rows(self.partition.number, record)) for record in records)

    def cut(self, now: float, *, limits: Limits, place: Place | None) -> Batch | None:
        """Make the next batch the current one and return it; None when there is none yet, or one is under way."""
        if self.batch is not None or not self.known or not self._due(now, limits, place):
            return None
        count = take([record for record, _ in self.waiting], self.replay, limits=limits, rows=[len(rows) for _, rows in self.waiting])
        taken = list(islice(self.waiting, count))
        for _ in taken:
            self.waiting.popleft()
        plan, committed, self.replay = self.replay, self.replay is not None, None
        if not taken:
            return None  # what was planned has expired since
        self.since = now
        self.batch = Batch(
            self.feed,
            self.partition,
            plan or plan_of([record for record, _ in taken]),
            [row for _, rows in taken for row in rows],
            [record.timestamp for record, rows in taken for _ in rows],
            committed,
        )
        return self.batch

    def finish(self, batch: Batch) -> None:
        """Note that a batch is stored."""
        self.batch, self.stored = None, batch.plan.last + 1

    @property
    def backlog(self) -> int:
        """Records that were read and are not stored; a batch under way counts by its rows, at least one."""
        return len(self.waiting) + (max(1, len(self.batch.rows)) if self.batch else 0)

    def _due(self, now: float, limits: Limits, place: Place | None) -> bool:
        if self.replay is not None:
            return self._replay_read(self.replay, place)
        if not self.waiting:
            return False
        size = sum(record.size for record, _ in self.waiting)
        rows = sum(len(rows) for _, rows in self.waiting)
        return now - self.since >= limits.gather_s or rows >= limits.rows or size >= limits.bytes

    def _replay_read(self, plan: Plan, place: Place | None) -> bool:
        earliest = self.waiting[0][0].offset if self.waiting else None
        if earliest is not None and earliest < plan.first:  # the topic was made anew: this plan names other records
            self.replay = None
            return False
        latest = self.waiting[-1][0].offset if self.waiting else -1
        return latest >= plan.last or (place is not None and complete(plan, place.position))
