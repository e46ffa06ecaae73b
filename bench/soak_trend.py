"""The slope of what was sampled over time, with its standard error. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trend:
    """A straight line by least squares: its slope per second, the slope's standard error, and the mean of what was sampled."""

    slope: float
    error: float
    mean: float

    @property
    def flat(self) -> bool:
        """True when a slope of 0 lies within two standard errors, or the line rises by less than a hundredth of its mean in an hour."""
        return abs(self.slope) <= 2 * self.error or self.slope * 3600 <= 0.01 * self.mean


def trend(times: Sequence[float], values: Sequence[float]) -> Trend:
    """Return the line through the samples; they are two at least, at different times. Two samples leave the error unknown: infinite."""
    count = len(times)
    middle, mean = sum(times) / count, sum(values) / count
    spread = sum((at - middle) ** 2 for at in times)
    slope = sum((at - middle) * (value - mean) for at, value in zip(times, values, strict=True)) / spread
    if count < 3:
        return Trend(slope, math.inf, mean)
    left = sum((value - mean - slope * (at - middle)) ** 2 for at, value in zip(times, values, strict=True))
    return Trend(slope, math.sqrt(left / (count - 2) / spread), mean)
