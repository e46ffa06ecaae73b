"""What is wrong in a YAML file, where it stands, and what would be allowed."""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import yaml
from pydantic import BaseModel
from pydantic_core import ErrorDetails

Path = tuple[int | str, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake. Lines and columns count from 1; `path` is the keys that lead there."""

    line: int
    column: int
    path: str
    message: str

    def told(self, name: str) -> str:
        """Return the problem as one line about a file of this name."""
        return f"{name}:{self.line}:{self.column}: {f'{self.path}: ' if self.path else ''}{self.message}"


def yaml_problem(error: yaml.YAMLError) -> Problem:
    """Return what YAML itself cannot read."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    message = " ".join(str(getattr(error, "problem", None) or error).split())
    return Problem(mark.line + 1 if mark else 1, mark.column + 1 if mark else 1, "", f"not valid YAML: {message}")


def repeated_keys(node: yaml.Node | None, path: Path = ()) -> Iterator[Problem]:
    """Find keys that stand twice in one mapping: YAML would silently take the last."""
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = str(key.value)
            if name in seen:
                first = seen[name].start_mark.line + 1
                yield _at(key, (*path, name), f"the key {name!r} stands here for the second time, first in line {first}: keep one of them")
            seen[name] = key
            yield from repeated_keys(value, (*path, name))
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from repeated_keys(value, (*path, index))


def problem_of(error: ErrorDetails, root: yaml.Node | None, model: type[BaseModel]) -> Problem:
    """Return one mistake that validation found, at its place in the file."""
    path = error["loc"]
    if error["type"] == "extra_forbidden":
        node, found = _find(root, path, at_key=True)
        return _at(node, found, _unknown(str(path[-1]), _fields(model, path[:-1])))
    if error["type"] == "missing":
        node, found = _find(root, path[:-1])
        return _at(node, found, f"`{path[-1]}` is missing: add it")
    node, found = _find(root, path)
    return _at(node, found, _message(error))


def _message(error: ErrorDetails) -> str:
    if error["type"] == "model_type":
        return "write keys and their values here"
    told = error["msg"].removeprefix("Value error, ")
    given = error["input"]
    if error["type"] in ("enum", "literal_error"):
        allowed = [choice.strip("'") for choice in str(error.get("ctx", {}).get("expected", "")).replace(" or ", ", ").split(", ")]
        return f"{given!r} is not known here{_nearest(str(given), allowed)}; allowed: {', '.join(allowed)}"
    told = told[:1].lower() + told[1:]
    return f"{told} (it is {given!r})" if isinstance(given, (str, int, float, bool)) and repr(given) not in told else told


def _unknown(name: str, allowed: Sequence[str]) -> str:
    return f"the key {name!r} is not known here{_nearest(name, allowed)}" + (f"; allowed: {', '.join(allowed)}" if allowed else "")


def _nearest(name: str, allowed: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, allowed, n=1)
    return f", did you mean {near[0]!r}?" if near else ""


def _at(node: yaml.Node | None, path: Path, message: str) -> Problem:
    line, column = (node.start_mark.line + 1, node.start_mark.column + 1) if node else (1, 1)
    return Problem(line, column, ".".join(map(str, path)), message)


def _find(root: yaml.Node | None, path: Path, *, at_key: bool = False) -> tuple[yaml.Node | None, Path]:
    """Return the deepest node that the path leads to, and how far it led. `at_key`: the last key itself, not its value."""
    node, found = root, 0
    for index, step in enumerate(path):
        pair = _child(node, step)
        if pair is None:
            break
        node, found = pair[0] if at_key and index == len(path) - 1 else pair[1], index + 1
    return node, path[:found]


def _child(node: yaml.Node | None, step: int | str) -> tuple[yaml.Node, yaml.Node] | None:
    """Return the key and the value of one step; they are the same in a list."""
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if str(key.value) == str(step)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    return None


def _fields(model: type[BaseModel], path: Path) -> list[str]:
    """Return the keys that are allowed where a path leads."""
    found: Any = model
    for step in path:
        found = _step(found, step)
    return [field.alias or name for name, field in found.model_fields.items()] if _is_model(found) else []


def _step(annotation: Any, step: int | str) -> Any:
    if _is_model(annotation):
        by_key = {field.alias or name: field.annotation for name, field in annotation.model_fields.items()}
        return _plain(by_key.get(str(step)))
    arguments = [one for one in get_args(annotation) if one is not Ellipsis]
    return _plain(arguments[-1]) if arguments else None


def _plain(annotation: Any) -> Any:
    """Return an annotation without `Annotated` and `None`."""
    if get_origin(annotation) is Annotated:
        return _plain(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return _plain(next(one for one in get_args(annotation) if one is not type(None)))
    return annotation


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
