"""What the console asks of the outside: the store, the parts, and who may sign in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from console.core.accounts import User
from console.core.ended import Ended, is_ended
from console.core.sessions import Session
from schemas.topics import Topic

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


class EndedSessions(Protocol):
    """Knows which sessions were ended before their time."""

    def has(self, session: Session) -> bool:
        """Return whether a session was ended, by whichever console."""

    def end(self, ended: Ended, now_ms: int) -> None:
        """End sessions; durable when this returns. Raises Retryable when it cannot be kept."""


class Writer(Protocol):
    """Appends to topics."""

    async def append(self, topic: Topic, key: str, value: Mapping[str, Any], *, longest_s: float = 1.0) -> None:
        """Write one value; durable on all replicas when this returns. Raises Retryable when that was not confirmed in time."""


@dataclass(frozen=True, slots=True)
class JournalFigures:
    """Entries that Kafka had at once, that a file took, and that nothing took; bytes that wait in the file, whoever wrote them."""

    kept: int = 0
    waited: int = 0
    refused: int = 0
    waiting_bytes: int = 0


class Journal(Protocol):
    """Keeps the audit log."""

    async def write(self, entry: Mapping[str, Any]) -> None:
        """Record an entry; durable when this returns. Raises Retryable when nothing takes it: then nothing may be shown for it."""

    def trouble(self) -> str:
        """Return what is wrong with the log in a sentence, empty when nothing is."""

    def figures(self) -> JournalFigures:
        """Return what became of the entries since this process began, and what waits now."""


class Nowhere:
    """Keeps nothing: the `Writer` and the `Journal` of a console that only shows what a test gives it."""

    async def append(self, topic: Topic, key: str, value: Mapping[str, Any], *, longest_s: float = 1.0) -> None:
        """Forget the value."""

    async def write(self, entry: Mapping[str, Any]) -> None:
        """Forget the entry."""

    def trouble(self) -> str:
        """Return that nothing is wrong."""
        return ""

    def figures(self) -> JournalFigures:
        """Return that nothing was kept."""
        return JournalFigures()


class EndedHere:
    """The `EndedSessions` of a console that is alone: they are remembered while it runs."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}

    def has(self, session: Session) -> bool:
        """Return whether it was ended here."""
        return is_ended(session, self._known)

    def end(self, ended: Ended, _now_ms: int) -> None:
        """Remember it."""
        self._known[ended.mark] = ended.before
