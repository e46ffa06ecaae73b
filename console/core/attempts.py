"""How often somebody may try a password: a few at once, then ever more slowly. Kept for a name and for an address apart."""

from dataclasses import dataclass

FREE = 5
"""Wrong passwords before the first wait."""

FIRST_WAIT_S = 2.0
LONGEST_WAIT_S = 900.0
FORGOTTEN_S = 3600.0
MOST = 10_000
"""Names and addresses that are remembered; the oldest are forgotten beyond."""


@dataclass(slots=True)
class _Failures:
    count: int
    last: float


class Attempts:
    """Failed sign-ins. Times are seconds of any clock that only goes forward."""

    def __init__(self) -> None:
        self._failures: dict[str, _Failures] = {}

    def wait_s(self, keys: tuple[str, ...], now: float) -> float:
        """Return the seconds until the next attempt is taken, 0 when it is taken now."""
        return max(0.0, *(self._until(key) - now for key in keys))

    def failed(self, keys: tuple[str, ...], now: float) -> None:
        """Note a wrong password."""
        for key in keys:
            known = self._failures.pop(key, None)
            fresh = known is None or now - known.last > FORGOTTEN_S
            self._failures[key] = _Failures(1 if fresh or known is None else known.count + 1, now)
        while len(self._failures) > MOST:
            del self._failures[next(iter(self._failures))]

    def succeeded(self, key: str) -> None:
        """Forget the failures of a name. Those of its address stay: somebody may try other names from there."""
        self._failures.pop(key, None)

    def _until(self, key: str) -> float:
        known = self._failures.get(key)
        if known is None or known.count < FREE:
            return 0.0
        return known.last + min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(known.count - FREE, 10))
