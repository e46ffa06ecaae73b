"""The live sessions of one visitor: where an event goes, and what a timer closes, publishes and forgets."""

from dataclasses import dataclass, replace
from typing import Any

from schemas.kinds import opens
from streams.core.relabelling import is_usual, judge, must_tell
from streams.core.rules import LATENESS_MS, Shape, SiteRules
from streams.core.session_batch import in_session
from streams.core.session_records import Owner, publish, publish_superseded
from streams.core.sessions import (
    CLOSED,
    ID,
    JOINED,
    MAX_LOOSE,
    PUBLISH_AT,
    TIED,
    TOTALS,
    Limits,
    Placement,
    Session,
    continued,
    limits_of,
    place,
    session_id_of,
)
from streams.core.totals import FIRST, LAST, Totals, append, order_of, totals_of
from streams.core.work import Outputs, Value


@dataclass(slots=True)  # a frozen one costs three times as much to make
class Visit:
    """One visitor's live sessions within one transaction. `chain` and `loose` are changed in place."""

    owner: Owner
    chain: list[Session]
    loose: list[Totals]
    limits: Limits
    out: Outputs
    shape: Shape


def visit_of(value: Value, owner: Owner, rules: SiteRules, out: Outputs) -> Visit:
    """Return the visit that a state value holds."""
    return Visit(owner, value.setdefault("chain", []), value.setdefault("loose", []), limits_of(rules.gap_ms), out, rules.shape)


def assign(tracked: dict[str, Any], visit: Visit, *, watermark: int, publish_at: int) -> Placement:
    """Return where a live event belongs to, its session with id and label, and publish what must be known at once.

    Other changes wait until `publish_at`. An event older than the horizon, or inside a chain that a cap has split, is
    counted and left to the rebuild.
    """
    if not in_session(tracked):
        return Placement()
    if tracked["event_time"] < visit.limits.horizon(watermark):
        visit.out.counts["events_late"] += 1
        return Placement()
    placement = _placed(tracked, visit)
    session = placement.session
    if session is None:
        return placement
    new = not session[ID]
    if new:
        session[ID] = session_id_of(visit.owner.site, visit.owner.visitor_id, session[TOTALS][FIRST][3])
    if placement.joined:
        _tie(session, visit.owner)
    relabelled = False
    changed = placement.merged or placement.joined
    if changed or not is_usual(session, visit.shape, tracked.get("customer_id", "")):
        judge(session, visit.shape)
        relabelled = must_tell(session, tracked.get("customer_id", ""), changed=changed)
    if new or placement.merged:
        publish(session, visit.owner, visit.out)
        if placement.merged:
            publish_superseded(session, visit.owner, visit.out)
    else:
        session[PUBLISH_AT] = session[PUBLISH_AT] or publish_at
    return replace(placement, relabelled=relabelled) if relabelled else placement


def _tie(session: Session, owner: Owner) -> None:
    """Note what the subjects know the loose events by that have joined and were not published yet."""
    ids = [session_id_of(owner.site, owner.visitor_id, event_id) for event_id in session[JOINED]]
    session[TIED] = [*session[TIED], *(id_ for id_ in ids if id_ not in session[TIED])][-MAX_LOOSE:]


def _placed(tracked: dict[str, Any], visit: Visit) -> Placement:
    order = order_of(tracked)
    session = continued(visit.chain, visit.loose, order, visit.limits)
    if session is not None:
        append(session[TOTALS], tracked, order)
        session[CLOSED] = False
        return Placement(session)
    placement = place(visit.chain, visit.loose, totals_of(tracked), opens=opens(tracked["kind"]), limits=visit.limits)
    if placement.split:
        visit.out.counts["events_split"] += 1
    return placement


def publish_later(visit: Visit, publish_at: int) -> None:
    """Have every session published again: something that they all show has changed."""
    for session in visit.chain:
        session[PUBLISH_AT] = session[PUBLISH_AT] or publish_at


def wake(visit: Visit, *, watermark: int, now_ms: int) -> None:
    """Close what has been silent, publish what is due, forget what the horizon has passed."""
    for session in visit.chain:
        if not session[CLOSED] and watermark >= _closes_at(session, visit.limits):
            session[CLOSED] = True
            publish(session, visit.owner, visit.out)
        elif session[PUBLISH_AT] and session[PUBLISH_AT] <= now_ms:
            publish(session, visit.owner, visit.out)
    visit.chain[:] = [session for session in visit.chain if not session[CLOSED] or watermark < _ends_at(session, visit.limits)]
    visit.loose[:] = [totals for totals in visit.loose if watermark < _loose_ends_at(totals, visit.limits)]


def due_event(visit: Visit) -> int | None:
    """Return the watermark at which the visit wants to be woken, None when it is empty."""
    limits = visit.limits
    if len(visit.chain) == 1 and not visit.loose:
        (session,) = visit.chain
        return _ends_at(session, limits) if session[CLOSED] else _closes_at(session, limits)
    times = [_ends_at(session, limits) if session[CLOSED] else _closes_at(session, limits) for session in visit.chain]
    times += [_loose_ends_at(totals, limits) for totals in visit.loose]
    return min(times, default=None)


def due_wall(visit: Visit) -> int | None:
    """Return the time of day at which a change must be published, None when nothing waits."""
    if len(visit.chain) == 1:
        return visit.chain[0][PUBLISH_AT] or None
    return min((session[PUBLISH_AT] for session in visit.chain if session[PUBLISH_AT]), default=None)


def _closes_at(session: Session, limits: Limits) -> int:
    return int(session[TOTALS][LAST][0]) + limits.gap_ms + 1


def _ends_at(session: Session, limits: Limits) -> int:
    """Return the watermark whose horizon is past everything that could still join."""
    return _closes_at(session, limits) + limits.gap_ms + LATENESS_MS


def _loose_ends_at(totals: Totals, limits: Limits) -> int:
    return int(totals[FIRST][0]) + limits.gap_ms + LATENESS_MS + 1


def with_ties(value: Value) -> Value:
    """Bring a state value of the second version up to date: its sessions name no loose events."""
    for session in value.get("chain", []):
        session.append([])
    return value
