"""The rebuild: a visitor's sessions computed anew from all stored events (docs/semantics.md, section 12)."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from schemas.codec import dumps, join_lines, loads
from schemas.connections import StoreConnection
from schemas.sessions import SessionStatus
from sinks.clickhouse import customers
from sinks.clickhouse.client import StoreClient
from streams.core.session_batch import sessions_of

CHUNK = 500
"""Visitors that are read at once: their ids stay well below the longest query that ClickHouse reads by default."""

HELD_MS = 30 * 60_000
"""How long the streams keep a closed session after twice the gap: how far their watermark lags, twice, and some more."""

Row = dict[str, Any]

LIVE = """
SELECT DISTINCT visitor_id FROM sessions_raw FINAL
WHERE site = %(site)s AND visitor_id IN %(visitors)s AND status != 'superseded'
    AND (NOT closed OR version < %(rebuilt)s AND ended_at > fromUnixTimestamp64Milli(%(held_since)s))
"""
REBUILT = 10**12
"""Versions from here on are a rebuild's (its time, in milliseconds); live ones count the records of a session."""
# With the label that each event has of itself: a session's label follows from its events, not the other way round.
EVENTS = """
SELECT site, visitor_id, customer_id, event_id, session_id, kind, toUnixTimestamp64Milli(event_time) AS event_time,
       toUnixTimestamp64Milli(received_at) AS received_at, pageview_id, seq, engaged_ms, url_path, channel, utm_source, utm_medium,
       utm_campaign, country, device, traffic, traffic_reasons, library, value
FROM sessioned_events
WHERE site = %(site)s AND actor IN %(visitors)s AND visitor_id != ''
"""
SESSIONS = """
SELECT session_id, site, visitor_id, status, toUnixTimestamp64Milli(started_at) AS started_at, toUnixTimestamp64Milli(ended_at) AS ended_at,
       closed, close_reason, events, page_views, clicks, engaged_ms, span_ms, engaged, bounced, entry_path, exit_path, channel,
       utm_source, utm_medium, utm_campaign, country, device, traffic, value
FROM sessions_raw FINAL
WHERE site = %(site)s AND visitor_id IN %(visitors)s AND status != 'superseded'
"""
REWRITE = """
INSERT INTO events_raw
SELECT e.* REPLACE (a.session_id AS session_id, a.is_deleted AS is_deleted, [] AS corrected, e.version + 281474976710656 AS version)
FROM (SELECT * FROM events_raw FINAL WHERE site = %(site)s AND actor IN %(visitors)s) AS e
INNER JOIN (SELECT * FROM rebuild_assignments WHERE batch = %(batch)s) AS a
    ON a.visitor_id = e.visitor_id AND a.event_id = e.event_id AND a.event_time = toUnixTimestamp64Milli(e.event_time)
"""
DROP = "ALTER TABLE rebuild_assignments DROP PARTITION %(batch)s"
NOT_COMPARED = frozenset({"version", "customer_id", "joined", "status"})
"""Fields of a session record that a rebuild alone would change, or that the views take from elsewhere."""


@dataclass(slots=True)
class RebuildReport:
    """What a rebuild did. A second one right after it does nothing: all but the first two stay 0."""

    visitors: int = 0
    live: int = 0
    """Visitors left out, because the streams still hold a session of theirs."""
    waiting: list[str] = field(default_factory=list)
    """These visitors."""
    sessions_written: int = 0
    sessions_removed: int = 0
    events_moved: int = 0
    """Events that got another session."""
    copies_removed: int = 0
    """Later copies of an event, which a skewed clock had put at another time."""


@dataclass(slots=True)
class _Changes:
    sessions: list[Row] = field(default_factory=list)
    assignments: list[Row] = field(default_factory=list)


def rebuild_sessions(connection: StoreConnection, site: str, visitors: Iterable[str], now_ms: int, gap_ms: int) -> RebuildReport:
    """Compute the sessions of these visitors anew, and put right what differs: sessions, and the sessions of events.

    Idempotent. Visitors whose session is open, or closed so lately that an event could still join it, are left alone: the
    streams own them. `now_ms` is the version of what is
    written, higher than any live one. Raises Retryable when the store is away; it can simply be run again.
    """
    client = StoreClient(connection)
    rebuild = _Rebuild(client, site, now_ms, gap_ms)
    wanted = iter(dict.fromkeys(filter(None, visitors)))
    try:
        while chunk := tuple(islice(wanted, CHUNK)):
            rebuild.chunk(chunk)
    finally:
        client.close()
    return rebuild.report


class _Rebuild:
    """One run over visitors of one site."""

    def __init__(self, client: StoreClient, site: str, version: int, gap_ms: int) -> None:
        self._client = client
        self._site = site
        self._version = version
        self._gap_ms = gap_ms
        self.report = RebuildReport()

    def chunk(self, visitors: Sequence[str]) -> None:
        """Rebuild these visitors."""
        self.report.visitors += len(visitors)
        held_since = self._version - 2 * self._gap_ms - HELD_MS
        chosen: Row = {"site": self._site, "visitors": visitors, "rebuilt": REBUILT, "held_since": held_since}
        live = {row[0] for row in self._client.rows(LIVE, chosen)}
        self.report.live += len(live)
        self.report.waiting += sorted(live)
        settled = tuple(visitor for visitor in visitors if visitor not in live)
        if not settled:
            return
        chosen["visitors"] = settled
        events, sessions = _by_visitor(self._client.dicts(EVENTS, chosen)), _by_visitor(self._client.dicts(SESSIONS, chosen))
        changes = _Changes()
        for visitor in settled:
            self._compare(events[visitor], sessions[visitor], changes)
        self._write(changes, chosen)

    def _compare(self, events: list[Row], sessions: list[Row], changes: _Changes) -> None:
        kept, copies = _first_accepted(events)
        wanted = sessions_of(kept, self._gap_ms, version=self._version)
        session_of = {event_id: record["session_id"] for record, members in wanted for event_id in members}
        moved = [event for event in kept if session_of.get(event["event_id"], "") != event["session_id"]]
        changes.assignments += [_assignment(event, session_of.get(event["event_id"], "")) for event in moved]
        changes.assignments += [_assignment(event, event["session_id"], is_deleted=1) for event in copies]
        gone = {session["session_id"]: session for session in sessions}
        written = [record for record, _ in wanted if _differs(record, gone.pop(record["session_id"], None))]
        changes.sessions += written
        changes.sessions += [{**row, "status": SessionStatus.SUPERSEDED.value, "version": self._version} for row in gone.values()]
        self.report.events_moved += len(moved)
        self.report.copies_removed += len(copies)
        self.report.sessions_written += len(written)
        self.report.sessions_removed += len(gone)

    def _write(self, changes: _Changes, chosen: Row) -> None:
        if changes.assignments:
            batch = uuid.uuid4().int >> 65
            self._client.insert("rebuild_assignments", join_lines(dumps({"batch": batch, **row}) for row in changes.assignments))
            self._client.command(REWRITE, {**chosen, "batch": batch})
            self._client.command(DROP, {"batch": batch})
            self._client.command(customers.REBUILT, chosen)
        if changes.sessions:
            self._client.insert("ingest_sessions", join_lines(map(dumps, changes.sessions)))


def _by_visitor(rows: Iterable[Row]) -> defaultdict[str, list[Row]]:
    grouped: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row["visitor_id"]].append(row)
    return grouped


def _first_accepted(events: list[Row]) -> tuple[list[Row], list[Row]]:
    """Return the first accepted copy of each event, and the others."""
    first: dict[str, Row] = {}
    accepted = sorted(events, key=lambda event: (event["received_at"], event["event_time"]))
    copies = [event for event in accepted if first.setdefault(event["event_id"], event) is not event]
    return list(first.values()), copies


def _assignment(event: Row, session_id: str, *, is_deleted: int = 0) -> Row:
    names = ("visitor_id", "event_id", "event_time")
    return {**{name: event[name] for name in names}, "session_id": session_id, "is_deleted": is_deleted}


def _differs(record: Row, stored: Row | None) -> bool:
    """True unless the stored session says the same, in what a rebuild decides."""
    if stored is None:
        return True
    said = loads(dumps(record))
    return any(said.get(name, "") != stored[name] for name in stored if name not in NOT_COMPARED)
