"""What an import did, counted. Every line read is in exactly one of the other counts."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Tally:
    """`accepted` is stored now and was not before; `repeated` has the id of an earlier line of the same import.

    `live` counts visitors, not lines: those with an open session, whose history joins their sessions when it has closed.
    """

    read: int = 0
    accepted: int = 0
    already_there: int = 0
    repeated: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    live: int = 0

    def rows(self) -> list[tuple[str, int]]:
        """Return the table's rows: name and count, with one row per reason."""
        rows = [("read", self.read), ("accepted", self.accepted), ("already there", self.already_there)]
        if self.repeated:
            rows.append(("repeated in the input", self.repeated))
        rows += [(f"skipped: {why}", count) for why, count in sorted(self.skipped.items())]
        rows += [(f"rejected: {why}", count) for why, count in sorted(self.rejected.items())]
        return [*rows, ("visitors with an open session, not rebuilt yet", self.live)] if self.live else rows

    def as_json(self) -> dict[str, Any]:
        """Return the counts as plain values."""
        return {
            "read": self.read,
            "accepted": self.accepted,
            "already_there": self.already_there,
            "repeated": self.repeated,
            "skipped": dict(self.skipped),
            "rejected": dict(self.rejected),
            "live": self.live,
        }
