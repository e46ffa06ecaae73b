"""What the console asks of the outside: the store, the parts, and who may sign in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from console.core.accounts import User

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PartHealth:
    """One part as it reports itself. `lag` counts records not yet done, None where a part has none."""

    name: str
    ready: bool
    lag: int | None
    note: str


class Parts(Protocol):
    """Asks every part how it is."""

    async def health(self) -> Sequence[PartHealth]:
        """Return all parts in the order of the flow; a part that does not answer is not ready, never an exception."""


class Store(Protocol):
    """Reads the store as the analyst."""

    async def ask(self, sql: str, parameters: Mapping[str, str]) -> Sequence[Row]:
        """Return the rows of a statement with `{name:Type}` parameters; raises Retryable when the store does not answer or takes too long."""


class Users(Protocol):
    """Knows who may sign in."""

    def find(self, name: str) -> User | None:
        """Return the user of a name as it is now."""
