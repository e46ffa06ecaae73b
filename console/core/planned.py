"""A tracking plan held against what was stored: what came of each planned event, what came that is not planned, and what it would break."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from collector.core.plans import Plan
from console.core.plan_changes import said
from console.core.proposals import Content

Row = Mapping[str, Any]
SAMPLED = 50_000
"""Events that a sample is drawn from, about."""
READ = 200_000
"""Events that are read for it, about: those of the same people and quarters among them."""


@dataclass(frozen=True, slots=True)
class PlannedProperty:
    """What one property of an event must be."""

    name: str
    must_be: str
    required: bool
    description: str


@dataclass(slots=True)
class PlannedEvent:
    """One event of the plan, and what came of it."""

    name: str
    mode: str
    description: str
    properties: Sequence[PlannedProperty]
    events: int = 0
    last: datetime | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One way in which stored events break a plan: `events` of the `looked` newest ones do."""

    event: str
    mode: str
    place: str
    rule: str
    events: int
    looked: int


@dataclass(slots=True)
class Held:
    """A plan beside what was stored."""

    planned: list[PlannedEvent] = field(default_factory=list)
    unplanned: list[Row] = field(default_factory=list)


def held_against(plan: Content, rows: Iterable[Row]) -> Held:
    """Return each planned event with what came of it, and the rows of no planned event, in their order."""
    found = Held([_planned(plan, str(name), entry) for name, entry in plan["events"].items()])
    by_name = {one.name: one for one in found.planned}
    for row in rows:
        one = by_name.get(row["name"]) or by_name.get(row["kind"])
        if one is None:
            found.unplanned.append(row)
        else:
            one.events += int(row["events"])
            one.last = max(filter(None, (one.last, row["last"])))
    return found


def findings(plan: Plan, sample: Iterable[tuple[str, str, Mapping[str, Any]]]) -> list[Finding]:
    """Return how the (name, kind, properties) of a sample break a plan, what most do first."""
    looked: dict[str, int] = {}
    broken: dict[tuple[str, str, str, str], int] = {}
    for name, kind, properties in sample:
        event = name or kind
        looked[event] = looked.get(event, 0) + 1
        violation = plan.check(name, kind, properties)
        if violation is not None:
            key = (event, violation.mode, violation.place, violation.rule)
            broken[key] = broken.get(key, 0) + 1
    told = [Finding(*key, events, looked[key[0]]) for key, events in broken.items()]
    return sorted(told, key=lambda one: (-one.events / one.looked, one.event, one.place, one.rule))


def part_of(events: int, beside: int) -> int:
    """Return of how many people one is looked at, so that a sample stays small and little is read; `beside` are all events of the quarters."""
    return max(1, -(-events // SAMPLED), -(-beside // READ))


def _planned(plan: Content, name: str, entry: Content) -> PlannedEvent:
    mode = entry.get("mode", plan.get("mode", "warn"))
    schema = entry.get("schema", {})
    return PlannedEvent(name, "off" if mode is False else str(mode), str(entry.get("description", "")), _properties(schema))


def _properties(schema: Any) -> list[PlannedProperty]:
    if not isinstance(schema, Mapping):
        return []
    known, required = schema.get("properties", {}), list(schema.get("required", ()))
    names = [*known, *(name for name in required if name not in known)]
    return [PlannedProperty(name, said(known.get(name, {})), name in required, _described(known.get(name))) for name in names]


def _described(schema: Any) -> str:
    return str(schema.get("description", "")) if isinstance(schema, Mapping) else ""
