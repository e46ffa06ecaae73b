"""A tracking plan as a Python module for servers: nothing but the standard library."""

import json
from collections.abc import Iterator, Sequence

from footprint.clients.calls import Call
from footprint.clients.shapes import Field, Shape, one_line

HEAD = '''\
"""Written by `footprint plan client --lang python` from the tracking plan. Change the plan, then write it again."""

import base64
import json
import urllib.request
import uuid
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any, Literal, NotRequired, Required, TypedDict
'''
SENDER = '''\


class Footprint:
    """Sends events to a collector. `customer` is who it was, `visitor` its browser; one of them must be given."""

    def __init__(self, collector: str, key: str, *, timeout: float = 10.0) -> None:
        self._url = f"{collector.rstrip('/')}/v1/track"
        self._login = "Basic " + base64.b64encode(f"{key}:".encode()).decode()
        self._timeout = timeout

    def send(
        self, event: str, properties: Mapping[str, Any], *, customer: str = "", visitor: str = "", message_id: str = "", path: str = "track"
    ) -> None:
        """Send one event and return when it is durable; raises OSError, or ValueError where the event was turned away.

        Who sends it again with the same `message_id` does not count it twice.
        """
        told = {"messageId": message_id or str(uuid.uuid4()), "timestamp": datetime.now(timezone.utc).isoformat(), "properties": properties}
        told |= {"event": event} if event else {}
        told |= {name: value for name, value in (("userId", customer), ("anonymousId", visitor)) if value}
        head = {"Authorization": self._login, "Content-Type": "application/json"}
        request = urllib.request.Request(self._url.removesuffix("track") + path, json.dumps(told).encode(), head)
        with urllib.request.urlopen(request, timeout=self._timeout) as answer:
            said = json.load(answer)
        if said.get("rejected"):
            raise ValueError(f"The event was turned away: {said}")
'''
KINDS = {"null": "None", "boolean": "bool", "integer": "int", "number": "float", "string": "str"}
PEOPLE = 'customer: str = "", visitor: str = "", message_id: str = ""'


def module(calls: Sequence[Call]) -> str:
    """Return the module."""
    types = [line for call in calls for line in _types(call)]
    return HEAD + "".join(types) + SENDER + "".join(_method(call) for call in calls)


def _types(call: Call) -> Iterator[str]:
    inner: list[str] = []
    text = _dict(call.properties, call.shape.fields, inner) if call.shape.fields else f"\n{call.properties} = dict[str, Any]\n"
    yield from inner
    yield text


def _dict(name: str, fields: Sequence[Field], inner: list[str]) -> str:
    lines: list[str] = []
    parts = [_part(field.name) for field in fields]
    for at, field in enumerate(fields):
        part = parts[at] if parts.count(parts[at]) == 1 and parts[at] else f"{parts[at]}{at}"
        kind = _union(field.shape, name + part, inner)
        told = one_line(field.description)
        lines.append(f"    # {told}\n" if told else "")
        lines.append(f"    {_text(field.name)}: {'Required' if field.required else 'NotRequired'}[{kind}],\n")
    return f'\n{name} = TypedDict(\n    "{name}",\n    {{\n{"".join("    " + line for line in lines if line)}    }},\n)\n'


def _part(name: str) -> str:
    """Return what a property adds to the name of the type of its value."""
    return "".join(letter for letter in name.title() if letter.isalnum() and letter.isascii())


def _union(shape: Shape, name: str, inner: list[str]) -> str:
    if shape.anything:
        return "Any"
    parts = [f"Literal[{', '.join(_text(choice) for choice in shape.choices)}]"] if shape.choices else []
    parts += [_kind(kind, shape, name, inner) for kind in shape.kinds]
    return " | ".join(dict.fromkeys(parts)) or "Any"


def _kind(kind: str, shape: Shape, name: str, inner: list[str]) -> str:
    if kind == "array":
        return f"list[{_union(shape.items, name, inner) if shape.items is not None else 'Any'}]"
    if kind == "object":
        if not shape.fields:
            return "dict[str, Any]"
        inner.append(_dict(name, shape.fields, inner))
        return name
    return KINDS[kind]


def _text(value: object) -> str:
    """Return a literal, texts with straight quotes."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def _method(call: Call) -> str:
    needed = any(field.required for field in call.shape.fields)
    argument = f"properties: {call.properties}" if needed else f"properties: {call.properties} | None = None"
    told = call.description or (f"Send the event {call.event}." if call.event else "Send a page view.")
    doc = one_line(told).replace("\\", "\\\\").replace('"', '\\"')
    given = "properties" if needed else "properties or {}"
    path = "" if call.event else ', path="page"'
    return (
        f'\n    def {call.function}(self, {argument}, *, {PEOPLE}) -> None:\n        """{doc}"""\n'
        f"        self.send({_text(call.event)}, {given}, customer=customer, visitor=visitor, message_id=message_id{path})\n"
    )
