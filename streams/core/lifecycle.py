"""The lifecycle of a model: which events move somebody from stage to stage (docs/semantics.md, section 8)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from streams.core.lifecycle_text import LifecycleText
from streams.core.matching import Matcher, matcher_of

STAGES = ("", "awareness", "consideration", "intent", "purchase", "loyalty", "advocacy")
"""The first is no stage yet. The index of a stage is its value as a score."""

LIFECYCLE = "lifecycle"
DORMANT = "dormant"

Mark = list[Any]
"""A matching event: `[event_time, pageview_id, seq, event_id, session, rule]`."""
AT = 0
EVENT_ID = 3
SESSION = 4
RULE = 5

Carry = list[Any]
"""Where the marks begin: `[stage, time of the move to it, {rule: matches so far}]`."""

Move = list[Any]
"""`[event_time, event_id, rule, from, to, time of the move before or 0]`, with stages as numbers."""


@dataclass(frozen=True, slots=True)
class StageRule:
    """A compiled rule; `to` is the number of its stage."""

    name: str
    to: int
    matcher: Matcher
    count: int
    back: bool


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """A compiled lifecycle."""

    rules: Mapping[str, StageRule]
    by_kind: Mapping[str, tuple[StageRule, ...]]
    dormant_after_ms: int
    forward_only: bool


NO_LIFECYCLE = Lifecycle({}, {}, 0, forward_only=True)


def compiled(text: LifecycleText | None) -> Lifecycle:
    """Compile the lifecycle of a model; one without it has no stages."""
    if text is None:
        return NO_LIFECYCLE
    rules = {name: StageRule(name, STAGES.index(one.to), matcher_of(one.when), one.count, one.back) for name, one in text.rules.items()}
    kinds = {kind.value for one in text.rules.values() for kind in one.when.kind}
    by_kind = {kind: tuple(rules[name] for name, one in text.rules.items() if kind in one.when.kind) for kind in sorted(kinds)}
    return Lifecycle(rules, by_kind, text.dormant_after, not any(rule.back for rule in rules.values()))


def new_carry() -> Carry:
    """Return the carry before the first mark."""
    return [0, 0, {}]


def step(lifecycle: Lifecycle, carry: Carry, mark: Mark) -> Move | None:
    """Go on by one mark, in place; return the move that it makes, if any."""
    rule = lifecycle.rules.get(mark[RULE])
    if rule is None:
        return None
    carry[2][rule.name] = matched = carry[2].get(rule.name, 0) + 1
    stage, since = carry[0], carry[1]
    if matched < rule.count or not (rule.to < stage if rule.back else rule.to > stage):
        return None
    carry[0], carry[1] = rule.to, mark[AT]
    return [mark[AT], mark[EVENT_ID], rule.name, stage, rule.to, since]


def moves_of(lifecycle: Lifecycle, carry: Carry, marks: list[Mark]) -> list[Move]:
    """Return the moves that all marks after the carry make, in order."""
    going: Carry = [carry[0], carry[1], dict(carry[2])]
    return [move for mark in marks if (move := step(lifecycle, going, mark))]


def keep(lifecycle: Lifecycle, marks: list[Mark], mark: Mark) -> list[Mark]:
    """Return the marks with another one, less those of its session that can make no difference whatever else arrives."""
    rule = lifecycle.rules[mark[RULE]]
    if lifecycle.forward_only and rule.count == 1:
        similar = [one for one in marks if one[SESSION] == mark[SESSION] and lifecycle.rules[one[RULE]].count == 1]
        if any(one < mark and lifecycle.rules[one[RULE]].to >= rule.to for one in similar):
            return marks
        marks = [one for one in marks if one not in similar or one < mark or lifecycle.rules[one[RULE]].to > rule.to]
    return sorted([*marks, mark])
