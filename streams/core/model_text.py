"""How the YAML of scoring models and triggers is read: strictly, with messages that say what to change."""

from typing import Annotated, Any, TypeVar

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema
from pydantic_core import ErrorDetails

from schemas.errors import Misconfigured
from streams.core.model_errors import Problem, problem_of, repeated_keys, yaml_problem

_UNITS_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def _read_duration(value: Any) -> Any:
    if isinstance(value, str) and value[:-1].isdigit() and value[-1:] in _UNITS_MS:
        return int(value[:-1]) * _UNITS_MS[value[-1]]
    raise ValueError('write a duration as a number and a unit, for example "30m", "24h" or "7d"')


Duration = Annotated[
    int,
    BeforeValidator(_read_duration),
    Field(gt=0),
    WithJsonSchema({"type": "string", "pattern": "^[1-9][0-9]*[smhd]$"}, mode="validation"),
]
"""Milliseconds, written as `30s`, `5m`, `24h` or `7d`."""


def _read_version(value: Any) -> Any:
    return str(value) if type(value) is int else value


Version = Annotated[
    str,
    BeforeValidator(_read_version),
    Field(
        min_length=1,
        max_length=64,
        pattern=r"^[A-Za-z0-9._-]+$",
        description="Version of the file: what is published once never changes under it.",
    ),
]


class Strict(BaseModel):
    """A part of a model: immutable, and without fields that nobody knows."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Text = TypeVar("Text", bound=Strict)


def parse(kind: type[Text], text: str, name: str, *, checked_by: str = "footprint rules check") -> Text:
    """Read the YAML of a file called `name` (for messages, which name the command that checks it).

    Raises Misconfigured with every mistake, each with its line and what is allowed there.
    """
    root = None
    try:
        loader = yaml.SafeLoader(text)
        root = loader.get_single_node()
        repeated = list(repeated_keys(root))
        if repeated:
            raise _wrong(name, repeated, checked_by)
        return kind.model_validate(loader.construct_document(root) if root else None)
    except yaml.YAMLError as error:
        raise _wrong(name, [yaml_problem(error)], checked_by) from None
    except ValidationError as error:
        raise _wrong(name, [problem_of(one, root, kind) for one in _causes(error)], checked_by) from None


def _causes(error: ValidationError) -> list[ErrorDetails]:
    """Leave out that a list is too short when the reason is that a member of it is wrong."""
    found = error.errors()
    return [one for one in found if one["type"] != "too_short" or not any(other["loc"][:-1] == one["loc"] for other in found)]


def _wrong(name: str, problems: list[Problem], checked_by: str) -> Misconfigured:
    told = "\n".join(problem.told(name) for problem in sorted(problems, key=lambda problem: (problem.line, problem.column)))
    return Misconfigured(f"{told}\nCorrect it; `{checked_by}` says when it is right.")
