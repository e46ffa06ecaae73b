"""The state of one partition in memory, with its timers."""

import heapq
from collections.abc import Iterable, Mapping, Sequence

from streams.core.layout import due_of, read, write
from streams.core.trimming import LARGEST, trim
from streams.core.work import DUE, Clock, Value

HOT_BYTES = 1 << 20
"""Encoded size of the values that are kept decoded too: who is active now is so in one transaction after the other.

Decoded they take several times as much memory (docs/decisions/0011-state-as-bytes-and-short-ways.md).
"""

_PLACE: dict[Clock, int] = {"event": 0, "wall": 1}


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

    It is a `StateView`. Committed values are kept as the bytes that the state topic holds, which is a fifth of the memory of
    decoded ones, and nothing for the garbage collector to look at; the newest are kept decoded too.
    After a failed transaction drop it and load another: values are changed in place.
    """

    def __init__(self, encoded: Iterable[tuple[str, bytes]] = ()) -> None:
        self._stored: dict[str, bytes] = {}
        self._hot: dict[str, Value] = {}
        self._hot_size = 0
        self._changes: dict[str, Value | None] = {}
        self._encoded: dict[str, bytes | None] = {}
        self._timers: dict[Clock, Timers] = {"event": Timers(), "wall": Timers()}
        self.size = 0
        """Bytes of keys and committed values."""
        self.trimmed = 0
        """Values that were too large and lost details."""
        for key, value in encoded:
            self._stored[key] = value
            self.size += len(key) + len(value)
            for clock, at in zip(_PLACE, due_of(value), strict=True):
                if at >= 0:
                    self._timers[clock].want(key, at)

    def __len__(self) -> int:
        return len(self._stored)

    def get(self, key: str) -> Value | None:
        """Return the value of a key as this transaction sees it."""
        if key in self._changes:
            return self._changes[key]
        value = self._hot.get(key)
        if value is None and (encoded := self._stored.get(key)) is not None:
            value = self._hot[key] = read(encoded)
            self._hot_size += len(encoded)
        return value

    def put(self, key: str, value: Value) -> None:
        """Set the value of a key."""
        self._changes[key] = value
        event, wall = value.get("due_event"), value.get("due_wall")
        if event is not None:
            self._timers["event"].want(key, event)
        if wall is not None:
            self._timers["wall"].want(key, wall)

    def delete(self, key: str) -> None:
        """Remove a key."""
        self._changes[key] = None

    def due(self, clock: Clock, until_ms: int, limit: int) -> Sequence[str]:
        """Return up to `limit` keys that are due, earliest first. They stay due until their value says otherwise."""
        timers = self._timers[clock]
        found: list[tuple[int, str]] = []
        while len(found) < limit and (queued := timers.pop(until_ms)) is not None:
            key = queued[1]
            at = self._due(key, clock)
            if at == queued[0]:
                found.append(queued)
            elif at is not None:  # it was moved: it comes up again in its new place
                timers.want(key, at)
        for at, key in found:
            timers.want(key, at)
        return [key for _, key in found]

    def changed(self) -> bool:
        """True when this transaction changed anything."""
        return bool(self._changes)

    def changes(self) -> Mapping[str, bytes | None]:
        """Return what this transaction changed, encoded: the new value, or None for a key that was deleted."""
        self._encoded = {key: None if value is None else self._write(value) for key, value in self._changes.items()}
        return self._encoded

    def commit(self) -> None:
        """Make the changes the state, as `changes` has returned them: call it after the transaction has committed."""
        if len(self._encoded) != len(self._changes):
            self.changes()
        hot, stored = self._hot, self._stored
        for key, encoded in self._encoded.items():
            before = stored.get(key)
            if before is not None:
                self.size -= len(before) + len(key)
                if hot.pop(key, None) is not None:
                    self._hot_size -= len(before)
            if encoded is not None:
                self.size += len(encoded) + len(key)
                stored[key] = encoded
                hot[key] = self._changes[key]  # type: ignore[assignment]  # what was encoded is no tombstone
                self._hot_size += len(encoded)
            elif before is not None:
                del stored[key]
        self._cool()
        self._changes, self._encoded = {}, {}

    def _cool(self) -> None:
        """Keep only the newest values decoded."""
        while self._hot_size > HOT_BYTES:
            key = next(iter(self._hot))
            del self._hot[key]
            self._hot_size -= len(self._stored[key])

    def _write(self, value: Value) -> bytes:
        encoded = write(value)
        if len(encoded) > LARGEST:
            self.trimmed += 1
            trim(value)
            encoded = write(value)
        return encoded

    def _due(self, key: str, clock: Clock) -> int | None:
        if key in self._changes:
            return (self._changes[key] or {}).get(DUE[clock])
        encoded = self._stored.get(key)
        if encoded is None:
            return None
        at = due_of(encoded)[_PLACE[clock]]
        return at if at >= 0 else None
