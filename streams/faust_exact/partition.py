"""One owned partition of one source: its state, its marker, its producer, and the lock around them."""

import asyncio
from typing import Any

from streams.core.state import PartitionState
from streams.core.work import Value, Work
from streams.faust_exact.changelog import Snapshot
from streams.faust_exact.hop import Hop
from streams.faust_exact.kafka import close

UNOWNED = -1


class Partition:
    """What this process holds of a source partition.

    Whoever folds or writes holds `lock` from reading the state until the commit. `generation` is the group's generation
    that it was owned in last; `marker` is the last absorbed offset;
    `connections` are the producer's at a time when nothing was owed by a broker.
    """

    def __init__(self, hop: Hop, tp: Any) -> None:
        self.hop = hop
        self.tp = tp
        self.number: int = tp.partition
        self.lock = asyncio.Lock()
        self.generation = UNOWNED
        self.producer: Any = None
        self.connections: frozenset[Any] = frozenset()
        self.state = PartitionState()
        self.meta: Value = {}
        self.marker = -1
        self.moved_at = 0.0
        self.rewound_at = float("-inf")
        self.advanced_at = float("-inf")
        self.behind: tuple[int, float] | None = None

    def adopt(self, snapshot: Snapshot, *, at: float) -> None:
        """Take the state that was loaded. `at` is monotonic seconds."""
        self.state = PartitionState(snapshot.values)
        self.meta = snapshot.marker.meta
        self.marker = snapshot.marker.offset
        self.moved_at = at
        self.behind = None

    def written(self, partitions: int) -> list[tuple[str, int]]:
        """Return every partition that the producer may write to."""
        outputs = [(topic.name, number) for topic in self.hop.outputs for number in range(partitions)]
        return [*outputs, (self.hop.state.name, self.number)]

    def work(self) -> Work:
        """Return the input of the next transaction. `meta` is the partition's own: only a failed process could tell."""
        return Work(self.state, self.meta)

    def committed(self, marker: int, *, at: float) -> None:
        """Make the running transaction's changes the state, after its commit."""
        self.state.commit()
        if marker != self.marker:
            self.marker = marker
            self.moved_at = at

    async def release(self) -> None:
        """Forget the partition: another worker owns it now."""
        producer, self.producer, self.connections = self.producer, None, frozenset()
        self.generation = UNOWNED
        self.state = PartitionState()
        self.meta = {}
        if producer is not None:
            await close(producer)
