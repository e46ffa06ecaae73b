"""What the console asks of the outside: the state of the parts and the newest events."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class PartHealth:
    """One part as it reports itself. `lag` counts records not yet done, None where a part has none."""

    name: str
    ready: bool
    lag: int | None
    note: str


@dataclass(frozen=True, slots=True)
class SeenEvent:
    """One row of the newest events."""

    event_time: str
    site: str
    who: str
    kind: str
    name: str
    page: str
    traffic: str
    session_id: str


class Parts(Protocol):
    """Asks every part how it is."""

    async def health(self) -> Sequence[PartHealth]:
        """Return all parts in the order of the flow; a part that does not answer is not ready, never an exception."""


class Store(Protocol):
    """Reads the store as the analyst."""

    async def newest_events(self, limit: int) -> Sequence[SeenEvent]:
        """Return the newest events by the time they were received; raises Retryable when the store does not answer."""
