"""The cookbook: one query per question, run by name with `footprint sql @NAME`.

A file begins with comments: the question, how to read the answer, and its own parameters as `-- {name} = default: meaning`.
Every recipe also takes `site`, and `from` and `to` (UTC; from 30 days before `to` until now unless the file says otherwise).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from schemas.errors import Misconfigured

FOLDER = Path(__file__).parent
STANDARD = {
    "site": ("", "website"),
    "from": ("30 days before {to}", "start, UTC"),
    "to": ("now", "end, UTC"),
}

_PARAMETER = re.compile(r"\{(\w+)\} = (.*?): (.+)")
_USED = re.compile(r"\{(\w+):")
_BEFORE = re.compile(r"(\d+) days before \{to\}")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a recipe; an empty default says that it must be given."""

    name: str
    default: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Recipe:
    """One question: how to read its answer, and the statement that answers it."""

    name: str
    question: str
    reading: str
    parameters: tuple[Parameter, ...]
    sql: str


def recipes(folder: Path = FOLDER) -> list[Recipe]:
    """Return every recipe, by name."""
    return [read_recipe(path.stem, path.read_text("utf-8")) for path in sorted(folder.glob("*.sql"))]


def find_recipe(name: str) -> Recipe:
    """Return the recipe of a name; raises Misconfigured when there is none."""
    for recipe in recipes():
        if recipe.name == name:
            return recipe
    raise Misconfigured(f"The cookbook has no recipe {name!r}. List them with `footprint sql @`.")


def read_recipe(name: str, text: str) -> Recipe:
    """Take a file apart."""
    lines = text.splitlines()
    header = [line.removeprefix("--").strip() for line in lines[: _header_length(lines)]]
    found = {match[1]: (match[2], match[3]) for line in header if (match := _PARAMETER.fullmatch(line))}
    sql = "\n".join(lines[len(header) :]).strip().rstrip(";")
    used = set(_USED.findall(sql))
    own = {**{name: kept for name, kept in STANDARD.items() if name in used}, **found}
    words = [line for line in header if line and not _PARAMETER.fullmatch(line)]
    return Recipe(name, words[0], " ".join(words[1:]), tuple(Parameter(name, *kept) for name, kept in own.items()), sql)


def bind(recipe: Recipe, given: Mapping[str, str], now: datetime) -> dict[str, str]:
    """Return the values of the recipe's parameters: those given, and defaults for the others. Times become Unix seconds.

    Raises Misconfigured for a name that the recipe does not take, one that is missing, and a time that is not readable.
    """
    known = {parameter.name: parameter.default for parameter in recipe.parameters}
    for name in given:
        if name not in known:
            raise Misconfigured(f"@{recipe.name} does not take --{name}. It takes {', '.join(f'--{one}' for one in known)}.")
    bound = {**known, **given}
    missing = [name for name, value in bound.items() if not value and name not in given]
    if missing:
        raise Misconfigured(f"@{recipe.name} needs {', '.join(f'--{name}' for name in missing)}. Add it, for example --site demo.")
    if "to" in bound:
        end = now if bound["to"] == "now" else read_time(bound["to"])
        bound["to"] = _seconds(end)
        bound["from"] = _seconds(_start(bound["from"], end))
    return bound


def read_time(text: str) -> datetime:
    """Read a day or a time, UTC unless it says otherwise; raises Misconfigured for anything else."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Misconfigured(f"{text!r} is no time. Write 2026-09-01 or 2026-09-01T12:00:00.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _start(text: str, end: datetime) -> datetime:
    before = _BEFORE.fullmatch(text)
    return end - timedelta(days=int(before[1])) if before else read_time(text)


def _seconds(moment: datetime) -> str:
    return str(int(moment.timestamp()))


def _header_length(lines: list[str]) -> int:
    return next((number for number, line in enumerate(lines) if not line.startswith("--")), len(lines))
