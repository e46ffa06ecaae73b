"""Published tracking plans: one file for each version of a site's plan, which never changes."""

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import yaml

from collector.core.plans import InvalidPlan, Plan, read_plan

LONGEST = 256 * 1024
"""Bytes of a plan as text."""

DEEPEST = 64
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The fast one where the library has it."""

FILE = re.compile(r"(?P<site>[A-Za-z0-9][A-Za-z0-9._-]{0,63})\.(?P<version>[1-9][0-9]{0,8})\.json")


@dataclass(frozen=True, slots=True)
class PublishedPlan:
    """One version of the plan of a site. `text` is YAML or JSON as it was published, `published_at` Unix milliseconds, `by` who did it."""

    site: str
    version: int
    text: str
    published_at: int
    by: str
    note: str = ""


def file_name(site: str, version: int) -> str:
    """Return the name of the file of a version."""
    return f"{site}.{version}.json"


def newest(names: Iterable[str]) -> dict[str, int]:
    """Return the newest version of each site, from names of files; names of anything else are left out."""
    found: dict[str, int] = {}
    for name in names:
        if told := FILE.fullmatch(name):
            found[told["site"]] = max(found.get(told["site"], 0), int(told["version"]))
    return found


def write_published(plan: PublishedPlan) -> bytes:
    """Return the content of a version's file."""
    return json.dumps(asdict(plan), indent=1, ensure_ascii=False).encode() + b"\n"


def read_published(content: bytes) -> PublishedPlan:
    """Read a version's file; raises ValueError when it is none."""
    try:
        found = PublishedPlan(**json.loads(content))
    except TypeError as error:
        raise ValueError(str(error)) from None
    return found


def compiled(plan: PublishedPlan) -> Plan:
    """Return a published plan as the collector goes by it; raises InvalidPlan."""
    return read_plan(parsed(plan.text))


def parsed(text: str) -> Any:
    """Return the content of a plan that is text, YAML or JSON; raises InvalidPlan when it cannot be read, or is longer than a plan may be."""
    if len(text.encode("utf-8", "replace")) > LONGEST:
        raise InvalidPlan(f"A plan has at most {LONGEST // 1024} KiB. Leave out what is not needed.")
    try:
        _require_plain(text)
        return yaml.load(text, LOADER)  # noqa: S506 - a safe one
    except yaml.YAMLError as error:
        raise InvalidPlan(f"This is not YAML: {' '.join(str(error).split())}.") from None


def _require_plain(text: str) -> None:
    """Refuse what could make a few lines stand for gigabytes, and what is nested deeper than any schema."""
    depth = 0
    for event in yaml.parse(text, LOADER):
        if isinstance(event, yaml.AliasEvent):
            raise InvalidPlan("A plan has no aliases (`*name`). Write the part out where it is used, or use `$ref` in its schema.")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise InvalidPlan(f"The plan is nested deeper than {DEEPEST} levels. Write it flatter.")
