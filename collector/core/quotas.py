"""Rates per key: a bucket that fills with time and empties with events."""

from dataclasses import dataclass

BURST_S = 2.0
"""Seconds of a rate that may come at once."""


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: int


class Quotas:
    """The buckets of all keys; time is an argument. Only keys that exist get one, so there are as many as keys."""

    def __init__(self) -> None:
        self._buckets: dict[str, _Bucket] = {}

    def take(self, key: str, events: int, *, rate: float, now_ms: int) -> float:
        """Take `events` of a key's quota and return 0, or take nothing and return the seconds until there is some again.

        A request is let in while the bucket holds anything, and may leave it in debt: so a batch above the burst is not
        refused for ever, and the rate holds all the same.
        """
        most = max(rate * BURST_S, 1.0)
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket(most, now_ms)
        passed = max(now_ms - bucket.at, 0) / 1000  # a clock that was set back earns nothing
        bucket.tokens = min(bucket.tokens + passed * rate, most)
        bucket.at = now_ms
        if bucket.tokens < 1:
            return (1 - bucket.tokens) / rate
        bucket.tokens -= events
        return 0.0
