"""Tracking plans: what the properties of an event must look like, as JSON Schema, and what happens when they do not."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, best_match
from referencing import Registry
from referencing.exceptions import Unresolvable

Mode = Literal["off", "warn", "reject"]
MODES: tuple[Mode, ...] = ("off", "warn", "reject")


class InvalidPlan(ValueError):
    """A plan that cannot be used; the message says where it is wrong."""


class Validator(Protocol):
    """What a compiled schema can do."""

    def iter_errors(self, instance: Any) -> Iterator[Any]:
        """Yield every violation."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What one event must look like."""

    mode: Mode
    validator: Validator


@dataclass(frozen=True, slots=True)
class Violation:
    """An event that breaks the plan: where, and which rule. The message names both, never values: those may be personal.

    `event` is its entry in the plan, empty when there is none; `keyword` is the rule's of JSON Schema. Both have few values, whatever is sent.
    """

    mode: Mode
    message: str
    place: str = ""
    rule: str = "is not in the plan"
    event: str = ""
    keyword: str = "unplanned"


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of one site: rules by event name (by kind for events without a name), and what unplanned events come to."""

    rules: Mapping[str, Rule]
    unplanned: Mode = "off"

    def check(self, name: str, kind: str, properties: Mapping[str, Any]) -> Violation | None:
        """Return how an event breaks the plan, None when it does not."""
        entry = name if name in self.rules else kind
        rule = self.rules.get(entry)
        if rule is None:
            return None if self.unplanned == "off" else Violation(self.unplanned, "The event is not in the tracking plan. Add it there.")
        if rule.mode == "off":
            return None
        return _violation(rule, entry, properties)


class PlanWarning(NamedTuple):
    """An event that was kept although it breaks the plan: whose, by which entry and which rule."""

    site: str
    event: str
    rule: str


def read_plan(content: Any) -> Plan:
    """Compile a plan from its parsed file; raises InvalidPlan. docs/reference/tracking-plan.md describes the form."""
    if not isinstance(content, dict) or not isinstance(content.get("events"), dict):
        raise InvalidPlan('A plan is an object with "events": {name: {"schema": {...}}}.')
    unknown = set(content) - {"mode", "unplanned", "events"}
    if unknown:
        raise InvalidPlan(f"Unknown {min(map(str, unknown))!r}. A plan has mode, unplanned and events.")
    mode = _mode(content.get("mode", "warn"), "mode")
    rules = {str(name): _rule(str(name), entry, mode) for name, entry in content["events"].items()}
    return Plan(rules, _mode(content.get("unplanned", "off"), "unplanned"))


def _mode(value: Any, where: str) -> Mode:
    if value is False:  # YAML reads a bare `off` as false
        return "off"
    for mode in MODES:
        if value == mode:
            return mode
    raise InvalidPlan(f"{where}: {value!r} is none of {', '.join(MODES)}.")


def _rule(name: str, entry: Any, mode: Mode) -> Rule:
    if not isinstance(entry, dict) or set(entry) - {"mode", "schema", "description"}:
        raise InvalidPlan(f"events.{name}: write an object with schema, mode and description.")
    schema = entry.get("schema", {})
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        place = ".".join(map(str, error.absolute_path))
        raise InvalidPlan(f"events.{name}.schema{'.' + place if place else ''}: {error.message}.") from None
    registry: Registry[Any] = Registry()  # an empty one: a plan never makes the collector fetch anything
    validator = Draft202012Validator(schema, registry=registry)
    _require_references(name, schema, validator)
    return Rule(_mode(entry.get("mode", mode), f"events.{name}.mode"), validator)


def _require_references(name: str, schema: Any, validator: Any) -> None:
    """Refuse a reference that leads nowhere now rather than at the first event."""
    for reference in _references(schema):
        try:
            validator._resolver.lookup(reference)  # noqa: SLF001 - the library has no public way to resolve before validating
        except Unresolvable:
            raise InvalidPlan(f"events.{name}.schema: {reference!r} leads nowhere; refer to #/$defs/... of the same schema.") from None


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        for keyword, value in schema.items():
            if keyword in ("$ref", "$dynamicRef") and isinstance(value, str):
                yield value
            yield from _references(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _references(value)


def _violation(rule: Rule, entry: str, properties: Mapping[str, Any]) -> Violation | None:
    try:
        error = best_match(rule.validator.iter_errors(dict(properties)))
    except RecursionError:
        message = "The properties are nested too deeply for the tracking plan. Send flatter ones."
        return Violation(rule.mode, message, "properties", "nested too deeply", entry, "nesting")
    if error is None:
        return None
    place = ".".join(["properties", *map(str, error.absolute_path)])[:200]
    told = _told(error)
    message = f"`{place}` breaks the tracking plan: {told}. Correct the event or the plan."
    return Violation(rule.mode, message, place, told, entry, str(error.validator))


def _told(error: Any) -> str:
    if error.validator == "required":
        missing = [name for name in error.validator_value if name not in error.instance]
        return f"{', '.join(missing)[:200]} is missing"
    if error.validator in ("type", "enum", "const", "format", "minimum", "maximum", "minLength", "maxLength", "pattern"):
        return f"{error.validator} must be {str(error.validator_value)[:200]}"
    return f"the rule `{error.validator}` does not hold"
