"""The store and the rejected topic, watched: the same promises, and an observer is told what became of each call."""

import time
from collections.abc import Callable, Mapping, Sequence

import msgspec

from schemas.errors import Retryable
from sinks.ports import Insert, Observer, Rejected, Store, Unstorable

EVENTS = "tracked"
"""The table whose rows know when the collector received them."""


class _Received(msgspec.Struct):
    received_at: int | None = None


_read = msgspec.json.Decoder(_Received).decode


class MeasuredStore:
    """A `Store` over another one. `clock` returns Unix milliseconds."""

    def __init__(self, store: Store, observer: Observer, clock: Callable[[], int]) -> None:
        self._store = store
        self._observer = observer
        self._clock = clock

    async def insert(self, table: str, rows: bytes, token: str) -> None:
        """Store the rows of a batch, all or none; see `sinks.ports.Store`."""
        name, began = table.removeprefix("ingest_"), time.monotonic()
        try:
            await self._store.insert(table, rows, token)
        except (Retryable, Unstorable) as error:
            self._observer.tried(name, refused=isinstance(error, Unstorable))
            raise
        age = age_of(rows, self._clock()) if name == EVENTS else None
        self._observer.stored(name, Insert(rows.count(b"\n") + 1, len(rows), time.monotonic() - began, age))

    async def reachable(self) -> bool:
        """True when the store answers."""
        return await self._store.reachable()


class MeasuredRejected:
    """A `Rejected` over another one."""

    def __init__(self, rejected: Rejected, observer: Observer) -> None:
        self._rejected = rejected
        self._observer = observer

    async def reject(self, records: Sequence[Mapping[str, str | int]]) -> None:
        """Write records of the rejected topic durably; see `sinks.ports.Rejected`."""
        await self._rejected.reject(records)
        for record in records:
            self._observer.rejected(str(record["reason"]))


def age_of(rows: bytes, now_ms: int) -> float | None:
    """Return how long ago the collector received the first event of a batch, seconds; None for a line that does not say so."""
    try:
        received_at = _read(rows.partition(b"\n")[0]).received_at
    except msgspec.MsgspecError:
        return None
    return None if received_at is None else max(0.0, (now_ms - received_at) / 1000)
