"""Which events a rule or a trigger is about: the compiled form of the `when` of a model."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from streams.core.when_text import When

MAX_LISTED = 50
"""Members of a list in the properties of an event that are looked at."""


@dataclass(frozen=True, slots=True)
class Matcher:
    """A compiled `When`, but for the kind, by which rules are looked up."""

    name: re.Pattern[str] | None
    path: re.Pattern[str] | None
    channel: frozenset[str]
    props: tuple[tuple[str, Any], ...]

    def matches(self, event: dict[str, Any]) -> bool:
        """True when a tracked event of the right kind fulfils every condition."""
        if self.path and not self.path.fullmatch(event.get("url_path", "")):
            return False
        if self.name and not self.name.fullmatch(event.get("name", "")):
            return False
        if self.channel and event.get("channel", "") not in self.channel:
            return False
        if not self.props:
            return True
        props = event.get("props", {})
        return all(props.get(name) == value for name, value in self.props)


def matcher_of(when: When) -> Matcher:
    """Compile the conditions of a model."""
    return Matcher(
        name=glob(when.name) if when.name is not None else None,
        path=glob(when.path) if when.path is not None else None,
        channel=frozenset(when.channel),
        props=tuple(when.props.items()),
    )


@lru_cache(maxsize=1024)
def glob(pattern: str) -> re.Pattern[str]:
    """Compile a glob: `*` is any text, `?` one character, `{a,b}` either. Braces do not nest."""
    parts = []
    depth = 0
    for character in pattern:
        if character == "{":
            depth += 1
            parts.append("(?:")
        elif character == "}" and depth:
            depth -= 1
            parts.append(")")
        elif character == "," and depth:
            parts.append("|")
        else:
            parts.append({"*": ".*", "?": "."}.get(character, re.escape(character)))
    parts.append(")" * depth)
    return re.compile("".join(parts), re.DOTALL)


_TEXTS = frozenset({str, int, float})

FieldPath = tuple[str, ...]
"""Where a value stands in a tracked event: `("url_path",)`, `("props", "products", "category")`."""


def path_of(name: str) -> FieldPath:
    """Return the path that a model writes as `url_path` or `props.products.category`."""
    return tuple(name.split("."))


def texts_at(event: dict[str, Any], path: FieldPath) -> list[str]:
    """Return the texts and numbers at a path, as texts: each of a list's. Nothing else is a value."""
    found: Any = event
    for name in path:
        if type(found) is list:
            return _texts_in_lists(event, path)
        if type(found) is not dict:
            return []
        found = found.get(name)
    if type(found) is list:
        return _texts_in_lists(event, path)
    return [str(found)] if type(found) in _TEXTS and found != "" else []


def _texts_in_lists(event: dict[str, Any], path: FieldPath) -> list[str]:
    found: list[Any] = [event]
    for name in path:
        found = [one.get(name) for one in _each(found) if type(one) is dict]
    return [str(one) for one in _each(found) if type(one) in _TEXTS and one != ""]


def _each(values: list[Any]) -> list[Any]:
    """Return the values, with the members of those that are lists (at most `MAX_LISTED` of each) in their place."""
    return [one for value in values for one in (value[:MAX_LISTED] if type(value) is list else (value,))]
