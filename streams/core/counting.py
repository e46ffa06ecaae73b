"""Count triggers as pure functions of matching events in order (docs/semantics.md, section 7).

A `Match` is `[event_time, pageview_id, seq, event_id, visitor_id, url_path, session]`, and for a trigger with `distinct_by` or
`where` also the value counted and whether the event met what was asked. Old matches are folded into a `Carry`, from which the
evaluation goes on: `[[time, visitor_id, value] of what counted within the window, time of the last result or -1]`.
"""

from collections.abc import Callable
from typing import Any

from streams.core.triggers import CountTrigger

Match = list[Any]
Carry = list[Any]

AT = 0
EVENT_ID = 3
VISITOR = 4
PATH = 5
SESSION = 6
DISTINCT = 7
MEETS = 8
ORDER = 4
"""The first fields of a match are its event's place in the one order."""

COUNTED = 0
FIRED_AT = 1
VALUE = 2

Meets = Callable[[Match], bool]
"""Whether the event of a match may complete the count."""


def new_carry() -> Carry:
    """Return the carry before the first match."""
    return [[], -1]


def step(trigger: CountTrigger, carry: Carry, match: Match, meets: Meets) -> bool:
    """Go on by one match, in place; True when it completes the count.

    A match counts if it is `min_gap` after the last that counted, or by another visitor of the customer. Session ids are
    not asked: they may still change. Within one visitor a session apart is a gap apart, which is no less than `min_gap`.
    With `distinct_by` the last match of each value counts.
    """
    at, counted = match[AT], carry[COUNTED]
    if counted and counted[-1][1] == match[VISITOR] and at - counted[-1][0] < trigger.min_gap_ms:
        return False
    within = [earlier for earlier in counted if at - earlier[0] <= trigger.within_ms]
    ready = carry[FIRED_AT] < 0 or (at - carry[FIRED_AT] >= trigger.cooldown_ms and len(within) < trigger.count)
    if trigger.distinct:
        value = match[DISTINCT]
        carry[COUNTED] = [*[earlier for earlier in within if earlier[VALUE] != value], [at, match[VISITOR], value]]
    else:
        carry[COUNTED] = [*within, [at, match[VISITOR]]]
    if not ready or len(carry[COUNTED]) < trigger.count or not meets(match):
        return False
    carry[FIRED_AT] = at
    return True


def results_of(trigger: CountTrigger, carry: Carry, matches: list[Match], meets: Meets) -> list[Match]:
    """Return the matches that complete the count, from all matches after the carry, in order."""
    going: Carry = [list(carry[COUNTED]), carry[FIRED_AT]]
    return [match for match in matches if step(trigger, going, match, meets)]


def joined(carry: Carry, more: Carry) -> Carry:
    """Return the carry of two subjects that are one now."""
    return [sorted([*carry[COUNTED], *more[COUNTED]]), max(carry[FIRED_AT], more[FIRED_AT])]
