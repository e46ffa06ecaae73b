"""Triggers as pure functions of matching events in order (docs/semantics.md, section 7).

A `Match` is `[event_time, pageview_id, seq, event_id, visitor_id, url_path, session]`. Old matches are folded into a `Carry`, from
which the evaluation goes on: `[[[time, visitor_id] of what counted within the window], time of the last result or -1]`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from pydantic import Field

from streams.core.matching import Matcher, When, matcher_of
from streams.core.model_text import Duration, Strict, parse

Match = list[Any]
Carry = list[Any]

AT = 0
EVENT_ID = 3
VISITOR = 4
PATH = 5
SESSION = 6
COUNTED = 0
FIRED_AT = 1


class TriggerText(Strict):
    """One trigger: `count` matches within `within`, at least `min_gap` apart, then silence for `cooldown`."""

    when: When
    count: int = Field(ge=1, le=100)
    within: Duration
    min_gap: Duration = 300_000
    cooldown: Duration = 86_400_000


class TriggersText(Strict):
    """The whole file."""

    version: str
    triggers: Mapping[str, TriggerText]


@dataclass(frozen=True, slots=True)
class Trigger:
    """A compiled trigger. Times are milliseconds of event time."""

    name: str
    version: str
    kinds: frozenset[str]
    matcher: Matcher
    count: int
    within_ms: int
    min_gap_ms: int
    cooldown_ms: int

    def signal_id(self, site: str, event_id: str) -> str:
        """Return the id of the signal that an event completes. No customer is in it: a handover keeps it."""
        return sha256(f"{site}\0{self.name}\0{self.version}\0{event_id}".encode()).hexdigest()[:32]


def read_triggers(text: str, name: str) -> tuple[Trigger, ...]:
    """Read triggers; `name` is the file's, for messages. Raises Misconfigured for anything that is wrong in it."""
    written = parse(TriggersText, text, name)
    return tuple(
        Trigger(
            name=trigger,
            version=written.version,
            kinds=frozenset(kind.value for kind in found.when.kind),
            matcher=matcher_of(found.when),
            count=found.count,
            within_ms=found.within,
            min_gap_ms=found.min_gap,
            cooldown_ms=found.cooldown,
        )
        for trigger, found in written.triggers.items()
    )


def new_carry() -> Carry:
    """Return the carry before the first match."""
    return [[], -1]


def step(trigger: Trigger, carry: Carry, match: Match) -> bool:
    """Go on by one match, in place; True when it completes the count.

    A match counts if it is `min_gap` after the last that counted, or by another visitor of the customer. Session ids are
    not asked: they may still change. Within one visitor a session apart is a gap apart, which is no less than `min_gap`.
    """
    at, counted = match[AT], carry[COUNTED]
    if counted and counted[-1][1] == match[VISITOR] and at - counted[-1][0] < trigger.min_gap_ms:
        return False
    within = [earlier for earlier in counted if at - earlier[0] <= trigger.within_ms]
    ready = carry[FIRED_AT] < 0 or (at - carry[FIRED_AT] >= trigger.cooldown_ms and len(within) < trigger.count)
    carry[COUNTED] = [*within, [at, match[VISITOR]]]
    if not ready or len(carry[COUNTED]) < trigger.count:
        return False
    carry[FIRED_AT] = at
    return True


def results_of(trigger: Trigger, carry: Carry, matches: list[Match]) -> list[Match]:
    """Return the matches that complete the count, from all matches after the carry, in order."""
    going: Carry = [list(carry[COUNTED]), carry[FIRED_AT]]
    return [match for match in matches if step(trigger, going, match)]


def joined(carry: Carry, more: Carry) -> Carry:
    """Return the carry of two subjects that are one now."""
    return [sorted([*carry[COUNTED], *more[COUNTED]]), max(carry[FIRED_AT], more[FIRED_AT])]
