"""What a session looks like on its topic, and when it is published."""

from dataclasses import dataclass
from typing import Any

from schemas.sessions import CloseReason, SessionStatus
from schemas.topics import SESSIONS
from streams.core.sessions import CAPPED, CLOSED, FORMER, ID, JOINED, LABEL, NEVER_TOLD, PUBLISH_AT, TOLD, TOTALS, VERSION, Session
from streams.core.totals import (
    CLICKS,
    ENTRY,
    ENTRY_FACTS,
    EVENTS,
    EXIT,
    FIRST,
    KEY_EVENTS,
    LABELS,
    LAST,
    PAGE_VIEWS,
    VALUE,
    VALUE_UNIT,
    Totals,
    engaged_ms,
)
from streams.core.work import Outputs

ENGAGED_MS = 10_000
ENGAGED_PAGE_VIEWS = 2

_NOTHING = {
    "events": 0,
    "page_views": 0,
    "clicks": 0,
    "engaged_ms": 0,
    "span_ms": 0,
    "engaged": False,
    "bounced": False,
    "value": 0.0,
}
"""A superseded session counts nothing: its events belong to another."""


@dataclass(slots=True)  # a frozen one costs three times as much to make
class Owner:
    """Whose session it is. `customer_id` is empty for an unknown visitor."""

    site: str
    visitor_id: str
    customer_id: str = ""


def facts_of(totals: Totals) -> dict[str, Any]:
    """Return what the totals of a session say, as fields of its record."""
    engaged_for = engaged_ms(totals)
    engaged = engaged_for >= ENGAGED_MS or totals[PAGE_VIEWS] >= ENGAGED_PAGE_VIEWS or totals[KEY_EVENTS] > 0
    started, ended, entry = totals[FIRST][0], totals[LAST][0], totals[ENTRY]
    return {
        "started_at": started,
        "ended_at": ended,
        "events": totals[EVENTS],
        "page_views": totals[PAGE_VIEWS],
        "clicks": totals[CLICKS],
        "engaged_ms": engaged_for,
        "span_ms": ended - started,
        "engaged": engaged,
        "bounced": not engaged,
        "entry_path": entry[2],
        "exit_path": totals[EXIT][1] if totals[EXIT] else "",
        "value": totals[VALUE] / VALUE_UNIT,
        **dict(zip(ENTRY_FACTS, entry[3:], strict=True)),
    }


def record_of(session: Session, owner: Owner, *, status: SessionStatus) -> dict[str, Any]:
    """Return the record of a session, as it is now."""
    record = {
        "session_id": session[ID],
        "site": owner.site,
        "visitor_id": owner.visitor_id,
        "customer_id": owner.customer_id,
        "status": status.value,
        "version": session[VERSION],
        "joined": session[JOINED],
        "closed": session[CLOSED],
        "traffic": LABELS[session[LABEL][0]],
        "traffic_reasons": session[LABEL][1],
        "relabelled": session[TOLD] != NEVER_TOLD,
        **facts_of(session[TOTALS]),
    }
    if session[CLOSED]:
        record["close_reason"] = session[CAPPED] or CloseReason.IDLE.value
    return record


def publish(session: Session, owner: Owner, out: Outputs) -> None:
    """Write the session as it is now. Nothing waits after it."""
    session[VERSION] += 1
    status = SessionStatus.CLOSED if session[CLOSED] else SessionStatus.UPDATED
    if session[VERSION] == 1 and not session[FORMER] and not session[CLOSED]:
        status = SessionStatus.OPENED
    out.write(SESSIONS, f"{owner.site}:{owner.visitor_id}", record_of(session, owner, status=status))
    session[JOINED] = []
    session[PUBLISH_AT] = 0


def publish_superseded(session: Session, owner: Owner, out: Outputs) -> None:
    """Write for every id that this session replaced that it is this one now."""
    for former in session[FORMER]:
        former[1] += 1
        record = record_of(session, owner, status=SessionStatus.SUPERSEDED)
        record |= _NOTHING | {"session_id": former[0], "version": former[1], "superseded_by": session[ID], "joined": [], "closed": False}
        record.pop("close_reason", None)
        out.write(SESSIONS, f"{owner.site}:{owner.visitor_id}", record)
