"""What a JSON Schema says about a value, as far as types of programming languages can say it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

DEEPEST = 8
"""References and objects inside of each other; what lies deeper may be anything."""

SIMPLE = ("null", "boolean", "integer", "number", "string")


@dataclass(frozen=True, slots=True)
class Field:
    """One property of an object."""

    name: str
    shape: "Shape"
    required: bool
    description: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """A union of what a value may be. `kinds` are names of JSON Schema; `choices` stand for the only values.

    `anything` is true where the schema says nothing that a type could. `items` is what an array holds, `fields` what an object has;
    an object without any is a mapping.
    """

    kinds: tuple[str, ...] = ()
    choices: tuple[Any, ...] = ()
    items: "Shape | None" = None
    fields: tuple[Field, ...] = ()
    anything: bool = False


ANYTHING = Shape(anything=True)


def shape_of(schema: Any) -> Shape:
    """Return the shape of an event's properties, or of any schema."""
    return _shape(schema, schema if isinstance(schema, Mapping) else {}, DEEPEST)


def one_line(text: str) -> str:
    """Return a description as it may stand in a comment."""
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable())


def _shape(schema: Any, root: Mapping[str, Any], depth: int) -> Shape:
    if not isinstance(schema, Mapping) or not depth:
        return ANYTHING
    if "$ref" in schema:
        return _shape(_resolved(str(schema["$ref"]), root), root, depth - 1)
    if "const" in schema:
        return _choices([schema["const"]])
    if "enum" in schema:
        return _choices(schema["enum"])
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema:
            return _union([_shape(one, root, depth - 1) for one in schema[keyword]])
    return _typed(schema, root, depth)


def _typed(schema: Mapping[str, Any], root: Mapping[str, Any], depth: int) -> Shape:
    told = schema.get("type", "object" if "properties" in schema or "required" in schema else ())
    kinds = (told,) if isinstance(told, str) else tuple(told)
    if not kinds:
        return ANYTHING
    items = _shape(schema.get("items", {}), root, depth - 1) if "array" in kinds else None
    return Shape(tuple(sorted(set(kinds))), items=items, fields=_fields(schema, root, depth) if "object" in kinds else ())


def _fields(schema: Mapping[str, Any], root: Mapping[str, Any], depth: int) -> tuple[Field, ...]:
    required = set(schema.get("required", ()))
    known: Mapping[str, Any] = schema.get("properties", {})
    return tuple(
        Field(name, _shape(known.get(name, {}), root, depth - 1), name in required, _described(known.get(name)))
        for name in sorted({*known, *required})
    )


def _described(schema: Any) -> str:
    return str(schema.get("description", "")) if isinstance(schema, Mapping) else ""


def _choices(values: list[Any]) -> Shape:
    if any(isinstance(value, (list, dict, float)) for value in values):
        return ANYTHING
    return Shape(choices=tuple(values))


def _union(shapes: list[Shape]) -> Shape:
    """Return one shape for several: kinds and choices together; where that would say more than is true, anything."""
    if any(shape.anything or shape.fields for shape in shapes) or (len({shape.items for shape in shapes} - {None}) > 1):
        return ANYTHING
    kinds = tuple(sorted({kind for shape in shapes for kind in shape.kinds}))
    choices = tuple(dict.fromkeys(choice for shape in shapes for choice in shape.choices))
    return Shape(kinds, choices, next((shape.items for shape in shapes if shape.items is not None), None))


def _resolved(reference: str, root: Mapping[str, Any]) -> Any:
    found: Any = root
    for step in reference.removeprefix("#").split("/")[1:]:
        found = found.get(step.replace("~1", "/").replace("~0", "~"), {}) if isinstance(found, Mapping) else {}
    return found
