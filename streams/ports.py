"""What the streams need from outside: who is told what happened."""

from collections.abc import Mapping
from typing import Protocol


class Observer(Protocol):
    """Told by the delivery machinery what it did, after it is durable. It must return at once and never raise."""

    def committed(self, hop: str, records: int, counts: Mapping[str, int], seconds: float) -> None:
        """One transaction has committed: it absorbed `records` source records; `counts` are the core's own.

        `seconds` is how long writing it took.
        """

    def refused(self, hop: str, records: int) -> None:
        """Source records were refused; they will be fetched again."""

    def rewound(self, hop: str) -> None:
        """A hole in what was fetched was seen, and its partition is being fetched again."""

    def owned(self, hop: str, records: int, seconds: float) -> None:
        """A partition was taken over; its state was rebuilt from `records` records."""
