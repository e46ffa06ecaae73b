"""Why a score is what it is, as bars that sum: each begins where the one before it ended, and the last one ends at the shown value."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

Row = Mapping[str, Any]
NOTHING = 0.005
"""Points below this are not shown: they are decimals of something else."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One rule: from `begin` to `end` points, of which `points` is the difference."""

    rule: str
    points: float
    begin: float
    end: float
    changes: int

    @property
    def left(self) -> float:
        """The smaller end."""
        return min(self.begin, self.end)

    @property
    def width(self) -> float:
        """How long the bar is."""
        return abs(self.end - self.begin)


@dataclass(frozen=True, slots=True)
class Explained:
    """One score: its bars, and what they sum to."""

    score: str
    shown: float
    bars: list[Bar]

    @property
    def least(self) -> float:
        """The smallest value that any bar reaches."""
        return min((0.0, *(bar.left for bar in self.bars)))

    @property
    def span(self) -> float:
        """From the smallest value to the largest, never zero."""
        return max((1.0, *(max(bar.begin, bar.end) for bar in self.bars))) - self.least


def explained(rows: Iterable[Row]) -> dict[str, Explained]:
    """Return what explains each score, by its name; `rows` are those of `why`, together for each score."""
    return {score: _explain(score, list(group)) for score, group in groupby(rows, key=lambda row: str(row["score"]))}


def _explain(score: str, rows: list[Row]) -> Explained:
    bars, at = [], 0.0
    for row in rows:
        points = float(row["points"])
        if abs(points) >= NOTHING:
            bars.append(Bar(str(row["rule"]), points, at, at + points, int(row["changes"])))
        at += points
    return Explained(score, float(rows[-1]["shown"]), bars)
