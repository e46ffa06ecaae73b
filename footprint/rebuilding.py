"""Whom to rebuild: visitors marked by history and late events, or everybody of some days (docs/semantics.md, section 12)."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from footprint.rebuild import RebuildReport, rebuild_sessions
from schemas.codec import dumps, join_lines
from schemas.connections import StoreConnection
from sinks.clickhouse.client import StoreClient

AT_ONCE = 20_000
"""Marks that are taken up in one round."""
SETTLE_S = 30.0
"""A mark rests so long before it is taken up: an insert that was cut off is repeated by then, under the same marks."""

MARKS = """
SELECT site, visitor_id, day, version FROM rebuild_marks FINAL
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

Mark = tuple[str, str, str, int]
"""Site, visitor, day, version."""


@dataclass(slots=True)
class Round:
    """What one round did, by site. `marks` were taken up, `left` stay: the streams still hold a session of theirs."""

    marks: int = 0
    left: int = 0
    reports: dict[str, RebuildReport] = field(default_factory=dict)


def rebuild_marked(connection: StoreConnection, gap_of: GapOf, *, now_ms: int, settle_s: float = SETTLE_S) -> Round:
    """Rebuild the visitors that are marked, and take the marks away. A mark that comes meanwhile stays.

    Raises Retryable when the store is away: marks stay until their visitor is done.
    """
    client = StoreClient(connection)
    done = Round()
    try:
        found = client.rows(MARKS, {"before": (now_ms - int(settle_s * 1000)) * 2, "limit": AT_ONCE})
        for site, marks in _by_site((row[0], row[1], str(row[2]), row[3]) for row in found).items():
            report = done.reports[site] = rebuild_sessions(connection, site, [mark[1] for mark in marks], now_ms, gap_of(site))
            waiting = set(report.waiting)
            finished = [mark for mark in marks if mark[1] not in waiting]
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
        found.setdefault(mark[0], []).append(mark)
    return found


def _take_away(client: StoreClient, marks: Sequence[Mark]) -> None:
    names = ("site", "visitor_id", "day", "version")
    rows = [dict(zip(names, (site, visitor, day, version + 1), strict=True)) | {"is_deleted": 1} for site, visitor, day, version in marks]
    if rows:
        client.insert("rebuild_marks", join_lines(map(dumps, rows)))
