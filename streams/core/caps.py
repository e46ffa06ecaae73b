"""`max n per window per object`: the n earliest events of a window count (docs/semantics.md, section 6)."""

from bisect import insort
from typing import Any

from streams.core.rules import DAY_MS, LIVE_MS
from streams.core.scoring_model import Cap
from streams.core.totals import Order

Windows = dict[str, list[Order]]
"""The events that count, in order, by window and object: `start NUL object`."""

EVENT_ID = 3
WEIGHT = 5
"""Of an entry `[*order, session, weight]` of a window whose events may come and go, because they are hits of e-mails."""
SPARE = 256
"""Events beyond those that count which such a window keeps."""

KEPT_MS = LIVE_MS + DAY_MS
"""How long after its end a window is kept: live events are at most 72 hours old, and a day for what waits in queues."""


def window_of(cap: Cap, event: dict[str, Any], category: str = "") -> str:
    """Return the window and the object of an event: a field of it, or the category that it is counted for."""
    start = event["event_time"] - event["event_time"] % cap.window_ms
    return f"{start}\0{event.get(cap.object, '') if cap.object else category}"


def count_in(counted: list[Order], order: Order, limit: int) -> tuple[bool, Order | None]:
    """Count an event: whether it counts, and the event that it displaced."""
    if len(counted) >= limit and order > counted[-1]:
        return False, None
    insort(counted, order)
    return True, counted.pop() if len(counted) > limit else None


def united(counted: list[Order], more: list[Order], limit: int) -> tuple[list[Order], list[Order]]:
    """Return what counts of two windows that are one now, and what was displaced."""
    everything = sorted([*counted, *more])
    return everything[:limit], everything[limit:]


def forget(windows: Windows, cap: Cap, received_at: int) -> None:
    """Drop the windows that no live event can fall into any more, once the first that was opened is one of them."""
    oldest = received_at - cap.window_ms - KEPT_MS
    for first in windows:
        if _start_of(first) >= oldest:
            return
        break
    for key in [key for key in windows if _start_of(key) < oldest]:
        del windows[key]


def _start_of(window: str) -> int:
    return int(window.partition("\0")[0])


def reweigh(entries: list[Order], order: Order, weight: float, limit: int) -> list[tuple[Order, float]]:
    """Give an event of a window another weight, 0 for none; return whose weight that changes among the `limit` that count, and by how much.

    Entries are orders with a weight behind them. Those that do not count are kept as well (`SPARE` of them): the next one does when
    an earlier one leaves.
    """
    before = {entry[EVENT_ID]: entry for entry in entries[:limit]}
    entries[:] = [entry for entry in entries if entry[EVENT_ID] != order[EVENT_ID]]
    if weight:
        insort(entries, [*order, weight])
        del entries[limit + SPARE :]
    after = {entry[EVENT_ID]: entry for entry in entries[:limit]}
    changed = [event_id for event_id in before | after if before.get(event_id) != after.get(event_id)]
    return [(after.get(one) or before[one], weight_of(after.get(one)) - weight_of(before.get(one))) for one in changed]


def weight_of(entry: Order | None) -> float:
    """Return the weight of an entry of a window: 1 where none is kept, 0 for no entry."""
    if entry is None:
        return 0.0
    return float(entry[WEIGHT]) if len(entry) > WEIGHT else 1.0


def united_weighed(counted: list[Order], more: list[Order], limit: int) -> tuple[list[Order], list[Order]]:
    """Return the entries of two windows that are one now, and those that counted and count no more."""
    everything = sorted([*counted, *more])
    remaining = everything[:limit]
    return everything[: limit + SPARE], [entry for entry in (*counted[:limit], *more[:limit]) if entry not in remaining]
