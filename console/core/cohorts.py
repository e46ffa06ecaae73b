"""Weeks of first visits as a triangle: a row for each cohort, a cell for each week after it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any


@dataclass(frozen=True, slots=True)
class Cohort:
    """People whose first session was in the week of `monday`. `shares` are of all of them, by weeks later; 0 where nobody came."""

    monday: date
    people: int
    shares: list[float]


def cohorts(rows: Iterable[Mapping[str, Any]], last: date) -> list[Cohort]:
    """Return the triangle; `rows` are in the order of cohorts, `last` is the day up to which weeks have begun."""
    return [_cohort(monday, list(group), last) for monday, group in groupby(rows, key=lambda row: row["cohort"])]


def _cohort(monday: date, rows: list[Mapping[str, Any]], last: date) -> Cohort:
    found = {int(row["weeks_later"]): float(row["share"]) for row in rows}
    weeks = max((last - monday).days // 7, *found) + 1
    return Cohort(monday, int(rows[0]["people"]), [found.get(week, 0.0) for week in range(weeks)])
