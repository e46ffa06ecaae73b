"""A tracking plan as a TypeScript module for pages with the snippet."""

import json
from collections.abc import Iterator, Sequence

from footprint.clients.calls import Call
from footprint.clients.shapes import Field, Shape, one_line

HEAD = """\
// Written by `footprint plan client --lang typescript` from the tracking plan. Change the plan, then write it again.

export type Properties = Record<string, unknown>;

/** How events leave: the snippet's `footprint` in pages, or what `sendBy` is given. */
export interface Send {
  (call: "track", name: string, properties?: Properties): void;
  (call: "page", properties?: Properties): void;
}

let send: Send = ((...call: unknown[]) =>
  (globalThis as unknown as { footprint: (...call: unknown[]) => void }).footprint(...call)) as Send;

/** Send events by another function from now on: the module's `footprint`, or one of a test. */
export function sendBy(other: Send): void {
  send = other;
}
"""
KINDS = {"null": "null", "boolean": "boolean", "integer": "number", "number": "number", "string": "string"}


def module(calls: Sequence[Call]) -> str:
    """Return the module."""
    return HEAD + "".join(f"\n{part}" for call in calls for part in _call(call))


def _call(call: Call) -> Iterator[str]:
    shape = call.shape
    takes = _union(shape, 0)
    needed = any(field.required for field in shape.fields)
    yield f"export type {call.properties} = {takes if shape.fields else 'Properties'};\n"
    doc = _doc(call.description or f"Send the event {call.event}." if call.event else call.description or "Send a page view.", "")
    argument = f"properties: {call.properties}" if needed else f"properties?: {call.properties}"
    sent = f'send("track", {json.dumps(call.event, ensure_ascii=False)}, properties)' if call.event else 'send("page", properties)'
    yield f"{doc}export function {call.function}({argument}): void {{\n  {sent};\n}}\n"


def _union(shape: Shape, depth: int) -> str:
    if shape.anything:
        return "unknown"
    parts = [json.dumps(choice, ensure_ascii=False) for choice in shape.choices]
    parts += [_kind(kind, shape, depth) for kind in shape.kinds]
    return " | ".join(dict.fromkeys(parts)) or "unknown"


def _kind(kind: str, shape: Shape, depth: int) -> str:
    if kind == "array":
        return f"Array<{_union(shape.items, depth) if shape.items is not None else 'unknown'}>"
    if kind == "object":
        return _object(shape.fields, depth) if shape.fields else "Properties"
    return KINDS[kind]


def _object(fields: Sequence[Field], depth: int) -> str:
    inner = "  " * (depth + 1)
    lines = [
        f"{_doc(field.description, inner)}{inner}{_name(field.name)}{'' if field.required else '?'}: {_union(field.shape, depth + 1)};\n"
        for field in fields
    ]
    return "{\n" + "".join(lines) + "  " * depth + "}"


def _name(name: str) -> str:
    return name if name.isascii() and name.isidentifier() else json.dumps(name, ensure_ascii=False)


def _doc(text: str, indent: str) -> str:
    told = one_line(text).replace("*/", "*\\/")
    return f"{indent}/** {told} */\n" if told else ""
