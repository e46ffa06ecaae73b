"""The statements behind the pages: one file each under `questions/`, in the form of the cookbook, and the cookbook itself.

Every one reads one site, `{site:String}`; most read a period, `{from:DateTime}` up to `{to:DateTime}`, and those that compare begin at `{before:DateTime}`.
"""

from functools import cache
from pathlib import Path

from console.core.accounts import Role
from schemas.errors import Misconfigured
from sinks.clickhouse.cookbook import Recipe, recipes

FOLDER = Path(__file__).parent / "questions"
FOR_ALL_SITES = frozenset({"rejected"})
"""Recipes that also read what belongs to no site: for who runs all of them, not for a page of one."""

FOR_ADMINS = frozenset({"audit_entries", "webhook_calls", "signal_told", "escalation_told"})
"""Questions of pages that only admins see."""


def needed(name: str) -> Role:
    """Return the role that sees the rows of a question."""
    return "admin" if name in FOR_ADMINS else "analyst"


@cache
def questions() -> dict[str, Recipe]:
    """Return every question by name."""
    return {recipe.name: recipe for recipe in (*recipes(), *recipes(FOLDER)) if recipe.name not in FOR_ALL_SITES}


def question(name: str) -> Recipe:
    """Return the question of a name; raises Misconfigured when there is none."""
    try:
        return questions()[name]
    except KeyError:
        raise Misconfigured(f"There is no question {name!r}. Go back and choose another one.") from None
