"""How many bytes of requests this process holds in memory at most: over it a request is refused, never dropped after a 200."""

from types import TracebackType
from typing import Self


class Budget:
    """A bound on the bytes that all requests hold at one time."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.held = 0

    def hold(self) -> "Hold":
        """Return one request's share, empty at first: `with budget.hold() as hold`."""
        return Hold(self)


class Hold:
    """What one request holds; all of it is given back at the end of the `with`."""

    __slots__ = ("budget", "size")

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.size = 0

    def take(self, size: int) -> bool:
        """Hold `size` more bytes; False, and nothing taken, when that would go over the budget."""
        budget = self.budget
        if budget.held + size > budget.limit:
            return False
        budget.held += size
        self.size += size
        return True

    def release(self) -> None:
        """Give back all of it."""
        self.budget.held -= self.size
        self.size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.release()
