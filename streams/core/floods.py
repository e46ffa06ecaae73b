"""One visitor must not stall a partition: beyond a number of events an hour they are labelled and stored, and nothing else.

The hour is that of the clock of receipt. Counting starts once the visitor has sent as many events as ids are remembered, so
that the state of everybody else carries no counter. State: `pace` is `[hour, events in it]`.
"""

from typing import Any

from streams.core.dedupe import ENTRY_CHARS, MAX_IDS
from streams.core.rules import HOUR_MS
from streams.core.sessions import TOTALS, Session
from streams.core.totals import PAGES
from streams.core.work import Value

EVENTS_PER_HOUR = 10_000
REASON = "flood"


def floods(tracked: dict[str, Any], value: Value) -> bool:
    """Count a live event of a visitor, label it when it is one too many; True when it must not touch sessions.

    The first one too many still goes into its session, whose label is then that of all its events.
    """
    ids = value["seen"]
    if "pace" not in value and len(ids[0]) + len(ids[1]) < MAX_IDS * ENTRY_CHARS:
        return False
    hour = tracked["received_at"] // HOUR_MS
    pace = value.setdefault("pace", [hour, 0])
    if pace[0] < hour:
        pace[:] = [hour, 0]
    pace[1] += 1
    if pace[1] <= EVENTS_PER_HOUR:
        return False
    if tracked.get("traffic", "human") == "human":
        tracked["traffic"] = "suspect"
    tracked["traffic_reasons"] = [*tracked.get("traffic_reasons", ()), REASON]
    if pace[1] == EVENTS_PER_HOUR + 1:
        _forget_details(value)
        return False
    return True


def _forget_details(value: Value) -> None:
    """Drop what each page added to the visitor's sessions: what is left does not grow with their events."""
    chain: list[Session] = value.get("chain", [])
    for session in chain:
        session[TOTALS][PAGES] = {}
    value["loose"] = []
