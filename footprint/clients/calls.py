"""The calls that a client has: one for each event of the plan that a program may send, under a name of its own."""

import keyword
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from footprint.clients.shapes import Shape, shape_of
from schemas.errors import Misconfigured
from schemas.kinds import Kind

WORD = re.compile(r"[^\W_]+")
PART = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
RESERVED = """
arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for
function if implements import in instanceof interface let new null package private protected public return static super switch
this throw true try typeof undefined var void while with yield
"""
TAKEN = {
    "typescript": frozenset({*RESERVED.split(), "send", "sendBy", "page", "Send", "Properties"}),
    "python": frozenset({*keyword.kwlist, "send", "page", "self"}),
}
"""Words of the language, and names that the client has itself."""

PAGE = Kind.PAGE_VIEW.value


@dataclass(frozen=True, slots=True)
class Call:
    """One event. `function` and `properties` are the names in the language, `shape` what it takes; a page view has no `event`."""

    event: str
    function: str
    properties: str
    description: str
    shape: Shape


def calls_of(plan: Mapping[str, Any], language: str) -> list[Call]:
    """Return the calls in the order of their names; kinds that the snippet captures by itself have none. Raises Misconfigured."""
    kinds = {kind.value for kind in Kind} - {PAGE}
    found: dict[str, Call] = {}
    for event, entry in sorted(plan["events"].items()):
        name = str(event)
        if name in kinds:
            continue
        call = _call(name, entry, language)
        other = found.setdefault(call.function.lower(), call)
        if other is not call:
            raise Misconfigured(f"Events {other.event!r} and {name!r} both become `{call.function}`. Rename one of them in the plan.")
    return sorted(found.values(), key=lambda call: call.function)


def _call(event: str, entry: Mapping[str, Any], language: str) -> Call:
    words = [part for word in WORD.findall(event) for part in PART.split(word)]
    function = "page" if event == PAGE else _function(words, language)
    if event != PAGE and (not function.isidentifier() or function in TAKEN[language]):
        why = f"is a name that {language} clients keep" if function in TAKEN[language] else "is no name of a function"
        raise Misconfigured(f"Event {event!r} becomes `{function}`, which {why}. Rename it in the plan.")
    shape = shape_of(entry.get("schema", {}))
    named = "Page" if event == PAGE else "".join(word[:1].upper() + word[1:] for word in words)
    return Call("" if event == PAGE else event, function, f"{named}Properties", str(entry.get("description", "")), shape)


def _function(words: list[str], language: str) -> str:
    if language == "python":
        return "_".join(word.lower() for word in words)
    first, *rest = words or [""]
    return first.lower() + "".join(word[:1].upper() + word[1:].lower() for word in rest)
