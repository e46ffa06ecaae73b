"""Tracking plans that are proposed: what stored events follow, laid over the plan that holds."""

from collections.abc import Iterable, Mapping
from typing import Any

import yaml

Content = Mapping[str, Any]
"""A plan as its file says it, parsed."""

TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object", type(None): "null"}
ENUM_MOST = 5
ENUM_SEEN = 20
"""A text with few values is proposed as a choice once it was seen so often."""

BREAKS = frozenset("\n\r\x85\u2028\u2029")


def infer(events: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[str, Any]:
    """Return a plan that all these (name, properties) follow: types as seen, required what was always there."""
    seen: dict[str, list[Mapping[str, Any]]] = {}
    for name, properties in events:
        seen.setdefault(name, []).append(properties)
    return {"mode": "warn", "unplanned": "off", "events": {name: {"schema": _schema(all_)} for name, all_ in sorted(seen.items())}}


def laid_over(current: Content, inferred: Content) -> dict[str, Any]:
    """Return the plan that holds with what was seen beside it added: events and properties that it does not name.

    What it says of others stays: a description, a mode, a bound. Added properties are optional.
    """
    events = {name: _grown(entry, inferred["events"].get(name)) for name, entry in current["events"].items()}
    added = {name: entry for name, entry in inferred["events"].items() if name not in events}
    return {**current, "events": {**events, **added}}


def as_yaml(plan: Content) -> str:
    """Return a plan as the text of a file."""
    return str(yaml.dump(dict(plan), Dumper=_Writer, sort_keys=False, allow_unicode=True))


class _Writer(yaml.SafeDumper):
    """Writes text with a line break of any kind with escapes: as a plain or quoted line PyYAML reads U+0085 back as a space."""


def _text(writer: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return writer.represent_scalar("tag:yaml.org,2002:str", text, style='"' if BREAKS & set(text) else None)


_Writer.add_representer(str, _text)


def _grown(entry: Content, seen: Content | None) -> dict[str, Any]:
    schema = entry.get("schema", {})
    if seen is None or not isinstance(schema, dict) or schema.get("additionalProperties") is False:
        return dict(entry)
    known = schema.get("properties", {})
    added = {name: value for name, value in seen["schema"].get("properties", {}).items() if name not in known}
    return {**entry, "schema": {**schema, "properties": {**known, **added}}} if added else dict(entry)


def _schema(seen: list[Mapping[str, Any]]) -> dict[str, Any]:
    names = sorted({name for properties in seen for name in properties})
    schema: dict[str, Any] = {"type": "object"}
    required = [name for name in names if all(name in properties for properties in seen)]
    if required:
        schema["required"] = required
    if names:
        schema["properties"] = {name: _value([properties[name] for properties in seen if name in properties]) for name in names}
    return schema


def _value(values: list[Any]) -> dict[str, Any]:
    types = {TYPES.get(type(value), "string") for value in values}
    if "number" in types:
        types.discard("integer")
    if types == {"string"} and len(values) >= ENUM_SEEN and len(set(values)) <= ENUM_MOST:
        return {"enum": sorted(set(values))}
    return {"type": min(types) if len(types) == 1 else sorted(types)}
