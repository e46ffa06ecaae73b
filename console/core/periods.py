"""The period that a page shows, and the one before it that its numbers are held against. Days are UTC."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

CHOICES = {"1d": 1, "7d": 7, "30d": 30, "90d": 90}
"""What a page offers, in days until now."""

USUAL = "7d"
LONGEST_DAYS = 400


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` up to `end`, not included. `name` is the choice it came from, empty for days that somebody wrote."""

    start: datetime
    end: datetime
    name: str = ""

    @property
    def before(self) -> "Period":
        """The period of the same length that ends where this one begins."""
        return Period(self.start - (self.end - self.start), self.start)

    @property
    def days(self) -> int:
        """How many days it touches."""
        return (self.end.date() - self.start.date()).days + 1

    def parameters(self) -> dict[str, str]:
        """Return the period as parameters of questions, Unix seconds."""
        return {"from": _seconds(self.start), "to": _seconds(self.end), "before": _seconds(self.before.start)}

    def query(self) -> dict[str, str]:
        """Return what a link carries to show the same period."""
        if self.name:
            return {"period": self.name}
        return {"from": self.start.date().isoformat(), "to": (self.end - timedelta(seconds=1)).date().isoformat()}


def read_period(told: Mapping[str, str], now: datetime) -> Period:
    """Return the period that a request asks for: `period=7d`, or `from` and `to` as days, both included. What cannot be read is the usual one."""
    first, last = _day(told.get("from", "")), _day(told.get("to", ""))
    if first and last and first <= last and (last - first).days < LONGEST_DAYS:
        return Period(_midnight(first), _midnight(last) + timedelta(days=1))
    name = told.get("period", USUAL)
    name = name if name in CHOICES else USUAL
    return Period(now - timedelta(days=CHOICES[name]), now, name)


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2100 else None


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _seconds(moment: datetime) -> str:
    return str(int(moment.timestamp()))
