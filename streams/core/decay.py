"""Exponential decay that does not depend on order (docs/semantics.md, section 6).

A `Part` is `[v, t0]`: what one rule adds to a score, `v * 2^-((t - t0) / half-life)` at time t. A half-life of 0 is none.
"""

import math
from collections.abc import Iterable

Part = list[float]


def factor(elapsed_ms: float, half_life_ms: int) -> float:
    """Return what is left of one point after a time; more than one for a time before."""
    return 2.0 ** (-elapsed_ms / half_life_ms) if half_life_ms else 1.0


def added(part: Part | None, points: float, at: int, half_life_ms: int) -> Part:
    """Return the part after `points` were earned at `at`: the same in any order of events."""
    if part is None:
        return [points, at]
    value, since = part
    if at >= since:
        return [value * factor(at - since, half_life_ms) + points, at]
    return [value + points * factor(since - at, half_life_ms), since]


def value_at(part: Part, at: float, half_life_ms: int) -> float:
    """Return what a part is worth at a time."""
    return part[0] * 2.0 ** ((part[1] - at) / half_life_ms) if half_life_ms else part[0]


def latest(parts: Iterable[Part]) -> int:
    """Return the time of the latest part, 0 for none."""
    found = 0.0
    for part in parts:
        found = max(found, part[1])
    return int(found)


def total_at(parts: Iterable[Part], at: float, half_life_ms: int) -> float:
    """Return the sum of parts at a time."""
    total = 0.0
    if not half_life_ms:
        for part in parts:
            total += part[0]
        return total
    for value, since in parts:
        total += value * 2.0 ** ((since - at) / half_life_ms)
    return total


def falls_below(value: float, since: int, threshold: float, half_life_ms: int) -> int | None:
    """Return when a value that holds at `since` has fallen below a threshold, None for never (or already)."""
    if not half_life_ms or threshold <= 0 or value < threshold:
        return None
    return since + math.floor(half_life_ms * math.log2(value / threshold)) + 1
