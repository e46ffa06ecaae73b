"""What the sink needs of the world: a source of records, a store for rows, and a place for what cannot be stored."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from sinks.core.planning import Plan, Record


class Partition(NamedTuple):
    """One partition of a topic."""

    topic: str
    number: int


class Place(NamedTuple):
    """How far a partition is read: the next offset to read, its end, and when the end was seen (Unix milliseconds)."""

    position: int
    end: int
    seen_ms: int


class Unstorable(Exception):
    """The store read the rows and refused them: one of them is at fault. Nothing of the insert was kept."""


class Source(Protocol):
    """Records of the topics, by partition, and the offsets that this group has committed.

    Every call may raise Retryable: the broker is away, nothing changed.
    """

    def assigned(self) -> Mapping[Partition, object]:
        """Return the partitions of this member, each with a mark that is another object after each new assignment."""

    async def poll(self, timeout_s: float) -> Mapping[Partition, Sequence[Record]]:
        """Return what arrived, in order, only committed transactions; waits up to `timeout_s` for the first record."""

    async def committed(self, partitions: Sequence[Partition]) -> Mapping[Partition, Plan | None]:
        """Return the plan that stands behind the committed offset of each partition, None where none does."""

    async def commit(self, offsets: Mapping[Partition, tuple[int, Plan | None]], marks: Mapping[Partition, object]) -> bool:
        """Commit next offsets, each with the plan that begins there.

        False, and nothing was committed, when one of the partitions is no longer held under its mark.
        """

    def places(self) -> Mapping[Partition, Place]:
        """Return how far each assigned partition has been read, as of the last `poll`; without those not known yet."""


class Store(Protocol):
    """Tables that take joined JSON lines."""

    async def insert(self, table: str, rows: bytes, token: str) -> None:
        """Store the rows of a batch, all or none. Rows that came before under this token are not stored again.

        Raises Unstorable when a row is at fault, Retryable when the store is.
        """

    async def reachable(self) -> bool:
        """True when the store answers."""


class Insert(NamedTuple):
    """An insert that is stored. `age_s`: since the collector received its first event, None where rows do not say so."""

    rows: int
    size: int
    seconds: float
    age_s: float | None


class Observer(Protocol):
    """Told what became of inserts. It must return at once and never raise. Tables are named without `ingest_`."""

    def stored(self, table: str, insert: Insert) -> None:
        """An insert is stored."""

    def tried(self, table: str, *, refused: bool) -> None:
        """An insert was not stored: `refused` for its rows, else because the store is away."""

    def rejected(self, reason: str) -> None:
        """A row was turned away, durably."""


class Rejected(Protocol):
    """Where rows go that cannot be stored."""

    async def reject(self, records: Sequence[Mapping[str, str | int]]) -> None:
        """Write records of the rejected topic durably; raises Retryable when the broker is away."""
