"""Sessions of a visitor from all events at once: what the rebuild computes (docs/semantics.md, section 12)."""

from collections.abc import Iterable
from typing import Any

from schemas.kinds import extends, opens
from schemas.sessions import CloseReason, SessionStatus
from streams.core.relabelling import judge, must_tell
from streams.core.rules import Shape
from streams.core.session_records import Owner, record_of
from streams.core.sessions import CAPPED, CLOSED, ID, TOTALS, VERSION, Limits, Session, new_session, session_id_of
from streams.core.totals import EVENTS, FIRST, LAST, add, order_of, totals_of

Sessions = list[tuple[dict[str, Any], list[str]]]


def in_session(event: dict[str, Any]) -> bool:
    """True when a tracked event can be in a session: it is from the browser and opens or extends one."""
    return bool(event.get("visitor_id")) and extends(event["kind"], event.get("engaged_ms", 0))


def sessions_of(events: Iterable[dict[str, Any]], gap_ms: int, *, limits: Limits | None = None, version: int = 1) -> Sessions:
    """Return the closed sessions of one visitor of one site, and the ids of the events of each.

    `events` are tracked events in any order, without duplicates. Events that are in no returned session have none.
    The last session is closed too: call it when its gap has passed. The customer is that of the visitor's last event.
    """
    ordered = sorted((event for event in events if in_session(event)), key=order_of)
    if not ordered:
        return []
    last = ordered[-1]
    owner = Owner(last["site"], last["visitor_id"], last.get("customer_id", ""))
    found = _fold(ordered, limits or Limits(gap_ms))
    return [(_closed(session, owner, version), members) for session, members in found]


def _fold(ordered: list[dict[str, Any]], limits: Limits) -> list[tuple[Session, list[str]]]:
    found: list[tuple[Session, list[str]]] = []
    for event in ordered:
        totals = totals_of(event)
        refusal: CloseReason | None = CloseReason.IDLE
        if found:
            session, members = found[-1]
            current = session[TOTALS]
            refusal = limits.refusal(current[FIRST][0], current[LAST][0], current[EVENTS], totals[FIRST][0])
            if refusal is None:
                add(current, totals)
                members.append(event["event_id"])
            elif refusal is not CloseReason.IDLE:
                session[CAPPED] = refusal.value
        if refusal is not None and opens(event["kind"]):
            found.append((new_session(totals), [event["event_id"]]))
    return found


def _closed(session: Session, owner: Owner, version: int) -> dict[str, Any]:
    session[ID] = session_id_of(owner.site, owner.visitor_id, session[TOTALS][FIRST][3])
    session[VERSION] = version
    judge(session, Shape())
    must_tell(session, owner.customer_id, changed=False)
    session[CLOSED] = True
    return record_of(session, owner, status=SessionStatus.CLOSED)
