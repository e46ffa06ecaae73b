"""What the reference says of scoring models and triggers: a page, and the JSON Schemas that editors check files with."""

import inspect
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from streams.core.mail_agents import AgentsText
from streams.core.scoring_text import ModelText
from streams.core.trigger_text import TriggersText

FOLDER = Path(__file__).parent.parent / "streams" / "models"
FILES: Mapping[str, type[BaseModel]] = {"scores": ModelText, "triggers": TriggersText, "mail_agents": AgentsText}

INTRODUCTION = """# Models

A *scoring model* says what events are worth, a file of *triggers* when somebody is told ([semantics](../semantics.md), sections 6 to 8). Both are YAML; `footprint rules check FILE...` names every mistake
with its line. [How to](../how-to/models.md) writes one. A third sort of file says who fetches e-mails for somebody (section 9): `FOOTPRINT_EMAIL_AGENTS` names one that takes the place of
`streams/models/mail_agents.yaml`. `streams/models/scores.schema.json`, `triggers.schema.json` and `mail_agents.schema.json` are their JSON Schemas: with
`# yaml-language-server: $schema=PATH` in the first line, editors complete and check as you type.

Durations are a number and a unit: `30s`, `5m`, `24h`, `7d`. Globs: `*` is any text, `?` one character, `{a,b}` either.
Shipped are `shop` and `b2b`: the settings `scores` and `triggers` of a site choose one, or a file."""
_UNITS = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s"))


def schemas() -> dict[Path, str]:
    """Return path -> content of the JSON Schema of each sort of file."""
    return {FOLDER / f"{name}.schema.json": json.dumps(_schema(name), indent=1, ensure_ascii=False) + "\n" for name in FILES}


def page() -> list[str]:
    """Return the lines of the page."""
    lines = INTRODUCTION.split("\n")
    told: set[str] = set()
    for name in FILES:
        schema = _schema(name)
        lines += _section(f"## {_TITLES[name]}", schema)
        for part in _parts(schema):
            if part not in told:
                lines += _section(f"### {_words(part)}", schema["$defs"][part])
                told.add(part)
    return lines


def _section(title: str, part: dict[str, Any]) -> list[str]:
    return ["", title, "", *part["description"].split("\n"), "", *_table(part)]


_TITLES = {"scores": "A scoring model", "triggers": "A file of triggers", "mail_agents": "Who fetches e-mails for somebody"}


def _schema(name: str) -> dict[str, Any]:
    found = FILES[name].model_json_schema()
    _tidy(found)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"footprint/{name}", **found}


def _tidy(node: Any) -> None:
    """Drop titles, take null out of what may be left out, and write defaults as a file would."""
    if isinstance(node, list):
        for one in node:
            _tidy(one)
    if not isinstance(node, dict):
        return
    if isinstance(node.get("title"), str):
        del node["title"]
    if node.get("default", "") is None:
        del node["default"]
    choices = [one for one in node.get("anyOf", ()) if one != {"type": "null"}]
    if len(choices) == 1:
        del node["anyOf"]
        node |= {key: value for key, value in choices[0].items() if key not in node}
    if node.get("type") == "string" and isinstance(node.get("default"), int):
        node["default"] = _duration(node["default"])
    if isinstance(node.get("description"), str):
        node["description"] = inspect.cleandoc(node["description"])
    for one in list(node.values()):
        _tidy(one)


def _duration(milliseconds: int) -> str:
    return next(f"{milliseconds // size}{unit}" for size, unit in _UNITS if milliseconds % size == 0)


def _parts(schema: dict[str, Any]) -> list[str]:
    """Return the parts of a file in the order in which it mentions them, from the outside in."""
    found = dict.fromkeys(_mentioned(schema["properties"]))
    for part in (waiting := list(found)):
        waiting += [one for one in dict.fromkeys(_mentioned(schema["$defs"][part])) if one not in waiting]
    return [part for part in waiting if "properties" in schema["$defs"][part]]


def _mentioned(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"].rpartition("/")[2]
        for one in node.values():
            yield from _mentioned(one)
    elif isinstance(node, list):
        for one in node:
            yield from _mentioned(one)


def _words(part: str) -> str:
    return "`" + _NAMES.get(part, part.removesuffix("Text").lower()) + "`"


_NAMES = {
    "When": "when",
    "CapText": "max",
    "InterestRuleText": "rule of interests",
    "StageRuleText": "rule of the lifecycle",
    "QuietHoursText": "quiet_hours",
}


def _table(part: dict[str, Any]) -> list[str]:
    needed = part.get("required", ())
    rows = [
        f"| `{name}` | {_type(one)} | {'required' if name in needed else _default(one)} | {one.get('description', '')} |"
        for name, one in part["properties"].items()
    ]
    return ["| key | is | default | meaning |", "|---|---|---|---|", *rows]


def _default(one: dict[str, Any]) -> str:
    return f"`{one['default']}`" if one.get("default") not in (None, [], "") else ""


def _type(one: dict[str, Any]) -> str:
    if "$ref" in one:
        part = one["$ref"].rpartition("/")[2]
        return "a kind" if part == "Kind" else _words(part)
    if "enum" in one:
        return ", ".join(f"`{choice}`" for choice in one["enum"])
    if "anyOf" in one:
        return "one or several names" if any(part.get("type") == "array" for part in one["anyOf"]) else "text, number or true/false"
    return _plain_type(one)


def _plain_type(one: dict[str, Any]) -> str:
    if one["type"] == "array":
        return f"list of {_type(one['items'])}"
    if one["type"] == "object":
        return f"names, each with {_type(one['additionalProperties'])}"
    if one.get("pattern", "").endswith("[smhd]$"):
        return "duration"
    return {"string": "text", "integer": "whole number", "number": "number", "boolean": "true/false"}[one["type"]]
