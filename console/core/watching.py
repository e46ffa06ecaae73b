"""Who watches a page that renews itself: one look each ten minutes, not one each three seconds."""

ONE_LOOK_S = 600.0
MOST = 10_000
"""Who watches which page; the oldest are forgotten beyond, and recorded once more."""


class Watching:
    """When a look was recorded last. Times are seconds of any clock that only goes forward."""

    def __init__(self) -> None:
        self._recorded: dict[tuple[str, ...], float] = {}

    def is_due(self, watch: tuple[str, ...], now: float) -> bool:
        """Return whether the next renewal of this page by this session is a look to be recorded."""
        recorded = self._recorded.get(watch)
        return recorded is None or now - recorded >= ONE_LOOK_S

    def recorded(self, watch: tuple[str, ...], now: float) -> None:
        """Note that a look was recorded."""
        self._recorded.pop(watch, None)
        self._recorded[watch] = now
        while len(self._recorded) > MOST:
            del self._recorded[next(iter(self._recorded))]
