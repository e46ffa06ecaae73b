"""How numbers are written on pages."""

import math
from dataclasses import dataclass


def count(value: float) -> str:
    """Return a number with thousands apart, and one decimal where it is not whole."""
    return f"{value:,.0f}" if value == int(value) or abs(value) >= 1000 else f"{value:,.1f}"


def duration(seconds: float) -> str:
    """Return seconds as people say them: `45 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`."""
    whole = round(seconds)
    for size, name, smaller, small in ((86_400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            rest = whole % size // smaller
            return f"{whole // size} {name}" + (f" {rest} {small}" if rest else "")
    return f"{whole} s"


def share(value: float | None) -> str:
    """Return a share of one as per cent, a dash where there is none."""
    if value is None or math.isnan(value):
        return "\u2013"
    return f"{value:.0%}" if abs(value) >= 0.1 or value == 0 else f"{value:.1%}"


@dataclass(frozen=True, slots=True)
class Change:
    """How a number stands against the one before: `up`, `down` or `same`, in words."""

    direction: str
    text: str


def change(now: float, before: float) -> Change:
    """Compare with the period before."""
    if not before:
        return Change("same", "new" if now else "no change")
    relative = (now - before) / before
    if abs(relative) < 0.005:
        return Change("same", "no change")
    return Change("up" if relative > 0 else "down", f"{relative * 100:+.0f} %")
