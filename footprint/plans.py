"""Tracking plans as files: read for the collector, and proposed from what was stored."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from collector.core.plans import InvalidPlan, Plan, read_plan
from schemas.errors import Misconfigured

TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object", type(None): "null"}
ENUM_MOST = 5
ENUM_SEEN = 20
"""A text with few values is proposed as a choice once it was seen so often."""


def load(path: Path) -> Plan:
    """Read and compile a plan (YAML or JSON); raises Misconfigured with the place of the mistake."""
    try:
        return read_plan(yaml.safe_load(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{path} cannot be read: {error}. Correct `plan` of the site.") from None
    except yaml.YAMLError as error:
        raise Misconfigured(f"{path} is not YAML: {' '.join(str(error).split())}. Correct it.") from None
    except InvalidPlan as error:
        raise Misconfigured(f"{path}: {error} Correct it; `footprint plan check {path}` says when it is right.") from None


def infer(events: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[str, Any]:
    """Return a plan that all these (name, properties) follow: types as seen, required what was always there."""
    seen: dict[str, list[Mapping[str, Any]]] = {}
    for name, properties in events:
        seen.setdefault(name, []).append(properties)
    return {"mode": "warn", "unplanned": "off", "events": {name: {"schema": _schema(all_)} for name, all_ in sorted(seen.items())}}


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
