"""The state of one partition in memory, with its timers."""

import heapq
from collections.abc import Iterable, Sequence

from streams.core.work import DUE, Clock, Value


class Timers:
    """Keys by the time they are due on one clock.

    A heap with lazy deletion: moving a timer later costs nothing until its old time comes, which is the usual case
    (each event moves the end of its session).
    """

    def __init__(self) -> None:
        self._heap: list[tuple[int, str]] = []
        self._queued: dict[str, int] = {}

    def want(self, key: str, at: int) -> None:
        """Make sure that `key` comes up at `at` or earlier."""
        queued = self._queued.get(key)
        if queued is None or at < queued:
            self._queued[key] = at
            heapq.heappush(self._heap, (at, key))

    def pop(self, until_ms: int) -> tuple[int, str] | None:
        """Remove and return the next time and key queued until then, or None."""
        while self._heap and self._heap[0][0] <= until_ms:
            at, key = heapq.heappop(self._heap)
            if self._queued.get(key) == at:
                del self._queued[key]
                return at, key
        return None


class PartitionState:
    """State of one partition: the committed values, and the changes of the running transaction beside them.

    It is a `StateView`. After a failed transaction drop it and load another: values are changed in place.
    """

    def __init__(self, values: Iterable[tuple[str, Value]] = ()) -> None:
        self._values: dict[str, Value] = {}
        self._changes: dict[str, Value | None] = {}
        self._timers: dict[Clock, Timers] = {"event": Timers(), "wall": Timers()}
        for key, value in values:
            self._values[key] = value
            self._remember(key, value)

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: str) -> Value | None:
        """Return the value of a key as this transaction sees it."""
        if key in self._changes:
            return self._changes[key]
        return self._values.get(key)

    def put(self, key: str, value: Value) -> None:
        """Set the value of a key."""
        self._changes[key] = value
        self._remember(key, value)

    def delete(self, key: str) -> None:
        """Remove a key."""
        self._changes[key] = None

    def due(self, clock: Clock, until_ms: int, limit: int) -> Sequence[str]:
        """Return up to `limit` keys that are due, earliest first. They stay due until their value says otherwise."""
        timers, field = self._timers[clock], DUE[clock]
        found: list[tuple[int, str]] = []
        while len(found) < limit and (queued := timers.pop(until_ms)) is not None:
            key = queued[1]
            at = (self.get(key) or {}).get(field)
            if at == queued[0]:
                found.append(queued)
            elif at is not None:  # it was moved: it comes up again in its new place
                timers.want(key, at)
        for at, key in found:
            timers.want(key, at)
        return [key for _, key in found]

    def changes(self) -> dict[str, Value | None]:
        """Return what this transaction changed: the new value, or None for a key that was deleted."""
        return self._changes

    def commit(self) -> None:
        """Make the changes the state: call it after the transaction has committed."""
        for key, value in self._changes.items():
            if value is None:
                self._values.pop(key, None)
            else:
                self._values[key] = value
        self._changes = {}

    def _remember(self, key: str, value: Value) -> None:
        for clock, field in DUE.items():
            at = value.get(field)
            if at is not None:
                self._timers[clock].want(key, at)
