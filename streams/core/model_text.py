"""How the YAML of scoring models and triggers is read: strictly, with messages that say what to change."""

from typing import Annotated, Any, TypeVar

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from schemas.errors import Misconfigured

_UNITS_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def _read_duration(value: Any) -> Any:
    if isinstance(value, str) and value[:-1].isdigit() and value[-1:] in _UNITS_MS:
        return int(value[:-1]) * _UNITS_MS[value[-1]]
    raise ValueError('write a duration as a number and a unit, for example "30m", "24h" or "7d"')


Duration = Annotated[int, BeforeValidator(_read_duration), Field(gt=0)]
"""Milliseconds, written as `30s`, `5m`, `24h` or `7d`."""


class Strict(BaseModel):
    """A part of a model: immutable, and without fields that nobody knows."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Text = TypeVar("Text", bound=Strict)


def parse(kind: type[Text], text: str, name: str) -> Text:
    """Read the YAML of a file called `name` (for messages). Raises Misconfigured for anything that is wrong in it."""
    try:
        return kind.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise Misconfigured(f"{name} is not valid YAML: {error}. Correct it and start again.") from None
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors()]
        raise Misconfigured(f"{name} is not valid: " + "; ".join(lines) + ". Change it and start again.") from None
