"""Sessions of one visitor, for events that arrive in any order (docs/semantics.md, section 3).

A visitor has a `chain` of live sessions and `loose` activity (extending events without a session), both sorted. Only the
totals of a session are kept, so an event can be added and two sessions merged, but a session cannot be split.
"""

import uuid
from bisect import insort
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha1
from typing import Any

from schemas.sessions import CloseReason
from streams.core.rules import DAY_MS, LATENESS_MS
from streams.core.totals import EVENTS, FIRST, LAST, Order, Totals, add

Session = list[Any]
"""A live session as a plain list; the names below are its fields."""

TOTALS = 0
ID = 1
VERSION = 2
"""Version of the last published record of this id."""
FORMER = 3
"""`[id, version]` of the ids that this session replaced."""
JOINED = 4
"""Ids of loose events that joined and were not published yet."""
PUBLISH_AT = 5
"""Time of day at which a change must be published, 0: nothing waits."""
CLOSED = 6
CAPPED = 7
"""Why the session refused its next event, empty: it did not."""
LABEL = 8
"""`[rank, reasons of its shape]`: what the session was judged as last."""
SUBJECTS = 9
"""Customers that its events were published for, empty for the visitor."""
TOLD = 10
"""Rank that subjects and store were told to impose on its events, `NEVER_TOLD` or `UNTOLD`."""
TIED = 11
"""Ids of the sessions that the loose events which joined would have started: subjects know them by these."""

NEVER_TOLD = -1
UNTOLD = -2

NAMESPACE = uuid.UUID("9a6b1f0e-3c52-5d0b-8a57-6f6f74707274")
MAX_LOOSE = 256
"""Loose events that are kept per visitor."""


@dataclass(frozen=True, slots=True)
class Limits:
    """When a session ends. Times in milliseconds."""

    gap_ms: int
    max_age_ms: int = DAY_MS
    max_events: int = 10_000

    def horizon(self, watermark: int) -> int:
        """Return the event time before which nothing may touch live state any more."""
        return watermark - self.gap_ms - LATENESS_MS

    def refusal(self, first_ms: int, last_ms: int, events: int, at: int) -> CloseReason | None:
        """Return why activity at `at`, after the last, does not continue a session, or None when it does."""
        if at - last_ms > self.gap_ms:
            return CloseReason.IDLE
        if at - first_ms > self.max_age_ms:
            return CloseReason.MAX_AGE
        return CloseReason.MAX_EVENTS if events >= self.max_events else None


@lru_cache
def limits_of(gap_ms: int) -> Limits:
    """Return the limits of sites with this gap."""
    return Limits(gap_ms)


@dataclass(slots=True)  # a frozen one costs three times as much to make
class Placement:
    """Where an event went: its session, None when it stays loose.

    A session without an id is new. `merged`: it replaced others, whose ids are in `FORMER` now. `split`: the event belongs
    into a chain that a cap has split; nothing was changed, the rebuild has to place it. `joined`: it took in loose events.
    `relabelled`: its label must be told.
    """

    session: Session | None = None
    merged: bool = False
    split: bool = False
    joined: bool = False
    relabelled: bool = False


@dataclass(slots=True)
class _Growth:
    """A session as it would be, and what it takes in on its way: loose activity and the sessions that follow."""

    first_ms: int
    last_ms: int
    events: int
    capped: str = ""
    split: bool = False
    loose: list[Totals] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)


def session_id_of(site: str, visitor_id: str, first_event_id: str) -> str:
    """Return the id of the session that starts with an event."""
    name = f"{site}\0{visitor_id}\0{first_event_id}".encode("utf-8", "surrogatepass")
    digest = bytearray(sha1(NAMESPACE.bytes + name).digest()[:16])  # noqa: S324  # what a UUID of version 5 is made of
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    text = digest.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def new_session(totals: Totals) -> Session:
    """Return a session that holds these totals. It has no id yet."""
    return [totals, "", 0, [], [], 0, False, "", [0, []], [], NEVER_TOLD, []]


def place(chain: list[Session], loose: list[Totals], event: Totals, *, opens: bool, limits: Limits) -> Placement:
    """Put the totals of one event into a visitor's live sessions, joining and merging what now belongs together."""
    order = event[FIRST]
    left = _before(chain, order)
    home, refusal = left, None
    growth = _Growth(order[0], order[0], 1)
    if left is not None:
        first, last, events = _span(left[TOTALS])
        inside = order <= left[TOTALS][LAST]
        if inside and (left[CAPPED] or events >= limits.max_events):
            return Placement(split=True)
        refusal = limits.refusal(first, last, events, order[0])
        if refusal is None:
            growth = _Growth(first, max(last, order[0]), events + 1)
    if left is None or refusal is not None:
        home = None
        if not opens:
            _cap(left, refusal)
            return _keep_loose(loose, event)
    _reach(growth, _following(chain, loose, order), limits)
    if growth.split:
        return Placement(split=True)
    _cap(left, refusal)
    return _settle(chain, loose, event, home=home, growth=growth)


def continued(chain: list[Session], loose: list[Totals], order: Order, limits: Limits) -> Session | None:
    """Return the last session when an event does nothing but continue it: the usual case, found without making its totals."""
    if not chain or (loose and loose[-1][FIRST] > order):
        return None
    session = chain[-1]
    totals = session[TOTALS]
    if session[CAPPED] or order < totals[LAST] or limits.refusal(totals[FIRST][0], totals[LAST][0], totals[EVENTS], order[0]) is not None:
        return None
    return session


def _before(chain: list[Session], order: Order) -> Session | None:
    """Return the last session that starts before an event."""
    for session in reversed(chain):
        if session[TOTALS][FIRST] <= order:
            return session
    return None


def _following(chain: list[Session], loose: list[Totals], order: Order) -> list[tuple[Order, Session | None, Totals]]:
    """Return sessions and loose activity after an event, in order."""
    found: list[tuple[Order, Session | None, Totals]] = [(totals[FIRST], None, totals) for totals in loose if totals[FIRST] > order]
    found += [(session[TOTALS][FIRST], session, session[TOTALS]) for session in chain if session[TOTALS][FIRST] > order]
    return sorted(found, key=lambda candidate: candidate[0])


def _span(totals: Totals) -> tuple[int, int, int]:
    return totals[FIRST][0], totals[LAST][0], totals[EVENTS]


def _reach(growth: _Growth, following: list[tuple[Order, Session | None, Totals]], limits: Limits) -> None:
    """Let a session take in what follows within the gap, until silence or a cap."""
    for _, session, totals in following:
        first, last, events = _span(totals)
        refusal = limits.refusal(growth.first_ms, growth.last_ms, growth.events, first)
        if refusal is not None:
            growth.capped = "" if refusal is CloseReason.IDLE else refusal
            return
        if session is None:
            growth.loose.append(totals)
        else:
            too_long = last - growth.first_ms > limits.max_age_ms or growth.events + events > limits.max_events
            if session[CAPPED] or too_long:  # the cap falls inside of it
                growth.split = True
                return
            growth.sessions.append(session)
        growth.last_ms, growth.events = last, growth.events + events


def _cap(session: Session | None, refusal: CloseReason | None) -> None:
    if session is not None and refusal in (CloseReason.MAX_AGE, CloseReason.MAX_EVENTS):
        session[CAPPED] = refusal.value


def _keep_loose(loose: list[Totals], event: Totals) -> Placement:
    insort(loose, event, key=lambda totals: totals[FIRST])
    del loose[:-MAX_LOOSE]
    return Placement()


def _settle(chain: list[Session], loose: list[Totals], event: Totals, *, home: Session | None, growth: _Growth) -> Placement:
    """Carry out a growth that was found possible."""
    if home is None:
        home = new_session(event)
        insort(chain, home, key=lambda session: session[TOTALS][FIRST])
    else:
        add(home[TOTALS], event)
    for totals in growth.loose:
        loose.remove(totals)
        home[JOINED].append(totals[FIRST][3])
        add(home[TOTALS], totals)
    for session in growth.sessions:
        chain.remove(session)
        home[FORMER] += [*session[FORMER], [session[ID], session[VERSION]]]
        home[JOINED] += session[JOINED]
        home[TIED] = (home[TIED] + session[TIED])[-MAX_LOOSE:]
        home[SUBJECTS] = sorted({*home[SUBJECTS], *session[SUBJECTS]})
        home[TOLD] = home[TOLD] if home[TOLD] == session[TOLD] else UNTOLD
        add(home[TOTALS], session[TOTALS])
    home[CLOSED] = False
    home[CAPPED] = home[CAPPED] or growth.capped
    return Placement(session=home, merged=bool(growth.sessions), joined=bool(growth.loose))
