"""What an import needs from the world."""

from collections.abc import Collection, Sequence
from typing import Protocol

from footprint.importing.outcomes import Broken, Ready


class Stored(Protocol):
    """Which of the imported lines the store already holds."""

    def events(self, ids: Collection[str], visitors: Collection[str]) -> set[str]:
        """Return those of `ids` that are stored events. `visitors`: whose they are, empty when that is not known."""
        ...

    def rejected(self, ids: Collection[str]) -> dict[str, str]:
        """Return id -> reason for those of `ids` that were rejected."""
        ...


class Entry(Protocol):
    """The collector's entry for history."""

    async def send(self, events: Sequence[Ready]) -> None:
        """Return once the collector has answered that the events are durable, tried again while it is away.

        Raises Retryable when it stays away, Misconfigured when it refuses the write key.
        """
        ...


class Rejecting(Protocol):
    """The way of unreadable lines to the rejected topic."""

    async def reject(self, lines: Sequence[Broken]) -> None:
        """Return once the records are durable. Raises Retryable."""
        ...
