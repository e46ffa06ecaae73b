"""What changes from one tracking plan to another, in sentences, and whether events that pass today may break it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from console.core.proposals import TYPES, Content

MODES = ("off", "warn", "reject")
"""From the least strict to the most."""

FREE: tuple[Any, ...] = ({}, True, {"type": "object"})
"""Schemas that no event breaks."""

NOTHING: Content = {"mode": "warn", "unplanned": "off", "events": {}}
"""The plan of a site that has none."""


@dataclass(frozen=True, slots=True)
class PlanChange:
    """One difference. `event` is empty for the plan as a whole; `stricter`: an event that passes today may break the new plan."""

    event: str
    what: str
    stricter: bool = False


def changes(before: Content, after: Content) -> list[PlanChange]:
    """Return the differences, the plan as a whole first, then event by event."""
    return [*_of_plan(before, after), *_of_events(before, after)]


def _of_plan(before: Content, after: Content) -> Iterator[PlanChange]:
    for name, usual in (("mode", "warn"), ("unplanned", "off")):
        old, new = _mode(before.get(name, usual)), _mode(after.get(name, usual))
        if old != new:
            yield PlanChange("", f"`{name}` is {new} instead of {old}", MODES.index(new) > MODES.index(old))


def _of_events(before: Content, after: Content) -> Iterator[PlanChange]:
    old, new = before["events"], after["events"]
    for name in sorted({*old, *new}):
        if name not in old:
            yield PlanChange(name, "is new", _mode_of(after, name) != "off" and new[name].get("schema", {}) not in FREE)
        elif name not in new:
            yield PlanChange(name, "is not planned any more", _mode(after.get("unplanned", "off")) != "off")
        else:
            yield from _of_event(name, (_mode_of(before, name), old[name]), (_mode_of(after, name), new[name]))


def _of_event(name: str, before: tuple[str, Content], after: tuple[str, Content]) -> Iterator[PlanChange]:
    (old_mode, old), (new_mode, new) = before, after
    if old_mode != new_mode:
        yield PlanChange(name, f"is {new_mode} instead of {old_mode}", MODES.index(new_mode) > MODES.index(old_mode))
    if old.get("description", "") != new.get("description", ""):
        yield PlanChange(name, "has another description")
    schemas = old.get("schema", {}), new.get("schema", {})
    if all(isinstance(schema, dict) for schema in schemas):
        yield from _of_schema(name, *schemas)
    elif schemas[0] != schemas[1]:
        yield PlanChange(name, "has another schema", stricter=True)


def _of_schema(name: str, old: Content, new: Content) -> Iterator[PlanChange]:
    was, now = set(old.get("required", ())), set(new.get("required", ()))
    for one in sorted(now - was):
        yield PlanChange(name, f"`{one}` is required", stricter=True)
    for one in sorted(was - now):
        yield PlanChange(name, f"`{one}` is not required any more")
    known, told = old.get("properties", {}), new.get("properties", {})
    for one in sorted({*known, *told}):
        if one not in known:
            yield PlanChange(name, f"`{one}` is new: {said(told[one])}", stricter=told[one] not in ({}, True))
        elif one not in told:
            yield PlanChange(name, f"`{one}` is not described any more", stricter=new.get("additionalProperties") is False)
        elif known[one] != told[one]:
            yield PlanChange(name, f"`{one}` is {said(told[one])} instead of {said(known[one])}", not _wider(known[one], told[one]))
    rest = {key for key in {*old, *new} - {"required", "properties"} if old.get(key) != new.get(key)}
    for key in sorted(rest):
        yield PlanChange(name, f"the rule `{key}` is another", stricter=key in new)


def said(schema: Any) -> str:
    """Return what a property must be, in a few words."""
    if not isinstance(schema, Mapping) or not schema:
        return "anything" if schema in ({}, True) else "nothing"
    if "enum" in schema:
        return "one of " + ", ".join(map(str, schema["enum"]))
    kinds = _types(schema)
    further = sorted({*schema} - {"type", "description", "title", "examples", "default"})
    return (" or ".join(sorted(kinds)) if kinds else "anything") + (f" ({', '.join(further)})" if further else "")


def _wider(old: Any, new: Any) -> bool:
    """Return whether surely everything that was right before is right now."""
    if not (isinstance(old, Mapping) and isinstance(new, Mapping)):
        return new is True
    bare = {"type", "enum", "description", "title", "examples", "default"}
    if any(old.get(key) != new[key] for key in new if key not in bare):
        return False
    if "enum" in new:
        return "enum" in old and all(value in new["enum"] for value in old["enum"])
    was = {TYPES.get(type(value), "") for value in old["enum"]} if "enum" in old else _types(old)
    return not _types(new) or (bool(was) and was <= _types(new))


def _types(schema: Content) -> set[str]:
    told = schema.get("type", ())
    kinds = {told} if isinstance(told, str) else set(told)
    return kinds | {"integer"} if "number" in kinds else kinds


def _mode_of(plan: Content, name: str) -> str:
    return _mode(plan["events"][name].get("mode", plan.get("mode", "warn")))


def _mode(value: Any) -> str:
    return "off" if value is False else str(value)  # YAML reads a bare `off` as false
