"""What the collector needs from the world: one place that makes events durable."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Publication:
    """What one request writes: encoded events by partition of the events topic, and rejected records by their key."""

    events: Mapping[int, Sequence[bytes]] = field(default_factory=dict)
    rejected: Sequence[tuple[bytes, bytes]] = ()

    @property
    def size(self) -> int:
        """Bytes of all records."""
        return sum(len(line) for lines in self.events.values() for line in lines) + sum(len(value) for _, value in self.rejected)


class Publisher(Protocol):
    """Makes publications durable, in the order of their arrival for each partition.

    One contract suite runs on every implementation (tests/contracts/test_publisher.py).
    """

    async def start(self) -> None:
        """Open the connection; raises Retryable when the broker does not answer."""

    async def publish(self, publication: Publication) -> None:
        """Return once every record is durable: acknowledged by all in-sync replicas.

        Raises Retryable within the publisher's own deadline when that cannot be said. The records may become durable all
        the same, later: the client resends the same ids and the streams drop duplicates.
        """

    async def probe(self) -> None:
        """Return when a publication would become durable now; raises Retryable when not. Never takes over 3 s."""

    async def close(self) -> None:
        """Make durable what is waiting, bounded in time, then close the connection."""
