"""Whom to rebuild: visitors marked by history and late events, or everybody of some days (docs/semantics.md, section 12)."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from footprint.rebuild import RebuildReport, rebuild_sessions
from schemas.codec import dumps, join_lines, subject_of
from schemas.connections import StoreConnection
from sinks.clickhouse.client import StoreClient

AT_ONCE = 20_000
"""Marks that are taken up in one round."""
SETTLE_S = 30.0
"""A mark rests so long before it is taken up: an insert that was cut off is repeated by then, under the same marks."""

MARKS = """
SELECT site, visitor_id, customer_id, day, version FROM rebuild_marks FINAL
WHERE version < %(before)s
ORDER BY version
LIMIT %(limit)s
"""
WAITING = "SELECT count() FROM rebuild_marks FINAL"
SEEN = """
SELECT DISTINCT visitor_id FROM events_raw
WHERE site = {site:String} AND visitor_id != '' AND event_time >= {from:DateTime} AND event_time < {to:DateTime}
"""

GapOf = Callable[[str], int]
"""Returns the silence that ends a session of a site, milliseconds."""

HistoryOf = Callable[[str, Sequence[str]], int]
"""Tells the streams what the history of these owners (`v:` + visitor, `c:` + customer) of a site adds to scores; returns their number."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Somebody and a day; the customer is empty where there is a visitor."""

    site: str
    visitor: str
    customer: str
    day: str
    version: int

    @property
    def owner(self) -> str:
        """Whose history it is."""
        return subject_of(self.customer, self.visitor)


@dataclass(slots=True)
class Round:
    """What one round did, by site. `marks` were taken up, `left` stay: the streams still hold a session of theirs.

    `bases`: owners whose history was told to the streams.
    """

    marks: int = 0
    left: int = 0
    bases: int = 0
    reports: dict[str, RebuildReport] = field(default_factory=dict)


def rebuild_marked(
    connection: StoreConnection, gap_of: GapOf, *, now_ms: int, settle_s: float = SETTLE_S, history_of: HistoryOf | None = None
) -> Round:
    """Rebuild who is marked, sessions first and then the history of scores, and take the marks away. A mark that comes meanwhile stays.

    Raises Retryable when store or broker is away: marks stay until their owner is done.
    """
    client = StoreClient(connection)
    done = Round()
    try:
        found = client.rows(MARKS, {"before": (now_ms - int(settle_s * 1000)) * 2, "limit": AT_ONCE})
        for site, marks in _by_site(Mark(row[0], row[1], row[2], str(row[3]), row[4]) for row in found).items():
            visitors = [mark.visitor for mark in marks if mark.visitor]
            report = done.reports[site] = rebuild_sessions(connection, site, visitors, now_ms, gap_of(site))
            waiting = set(report.waiting)
            finished = [mark for mark in marks if not mark.visitor or mark.visitor not in waiting]
            if history_of is not None:
                done.bases += history_of(site, [mark.owner for mark in finished])
            _take_away(client, finished)
            done.marks += len(marks)
            done.left += len(marks) - len(finished)
    finally:
        client.close()
    return done


def marks_waiting(connection: StoreConnection) -> int:
    """Return how many marks stand."""
    client = StoreClient(connection)
    try:
        return int(client.rows(WAITING)[0][0])
    finally:
        client.close()


def replay_sessions(connection: StoreConnection, site: str, times: Mapping[str, str], *, gap_ms: int, now_ms: int) -> RebuildReport:
    """Compute the sessions of everybody anew who did something between `from` and `to` (Unix seconds)."""
    client = StoreClient(connection)
    try:
        visitors = [row[0] for row in client.rows(SEEN, {"site": site, **times})]
    finally:
        client.close()
    return rebuild_sessions(connection, site, sorted(visitors), now_ms, gap_ms)


def now_ms() -> int:
    """Return the present as Unix milliseconds."""
    return time.time_ns() // 1_000_000


def _by_site(marks: Iterable[Mark]) -> dict[str, list[Mark]]:
    found: dict[str, list[Mark]] = {}
    for mark in marks:
        found.setdefault(mark.site, []).append(mark)
    return found


def _take_away(client: StoreClient, marks: Sequence[Mark]) -> None:
    rows = [
        {"site": mark.site, "visitor_id": mark.visitor, "customer_id": mark.customer, "day": mark.day}
        | {"version": mark.version + 1, "is_deleted": 1}
        for mark in marks
    ]
    if rows:
        client.insert("rebuild_marks", join_lines(map(dumps, rows)))
