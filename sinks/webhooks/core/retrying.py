"""What an answer means, and when a call is made again."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum

REFUSED = frozenset({400, 410, 413, 422})
"""The receiver has read it and will not take it, now or later. Every other failure may be over tomorrow."""


class Outcome(Enum):
    """What came of a call."""

    DELIVERED = "delivered"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Answer:
    """The status of an answer, and the seconds that it asks to wait, if it does."""

    status: int
    retry_after_s: float | None = None

    @property
    def outcome(self) -> Outcome:
        """Only 2xx is an acceptance; a redirect is none, and is not followed."""
        if 200 <= self.status < 300:
            return Outcome.DELIVERED
        return Outcome.REFUSED if self.status in REFUSED else Outcome.FAILED


@dataclass(frozen=True, slots=True)
class Retrying:
    """Back-off doubles from `first_s` to `longest_s`. An alert is given up `limit_s` after it was published."""

    first_s: float = 1.0
    longest_s: float = 900.0
    limit_s: float = 86_400.0

    def delay_s(self, attempt: int, *, chance: float) -> float:
        """Return the pause after the n-th failed attempt (from 1). `chance` in 0..1 spreads it over half of its length."""
        whole = min(self.longest_s, self.first_s * 2.0 ** min(attempt - 1, 40))
        return whole * (0.5 + 0.5 * chance)

    def is_over(self, published_ms: int, now_ms: int) -> bool:
        """True when an alert of this age is not tried again."""
        return now_ms - published_ms >= self.limit_s * 1000


def read_retry_after(text: str | None, *, now_ms: int) -> float | None:
    """Return the seconds that a Retry-After header asks for, as a number or as a date; None when it says nothing readable."""
    if not text:
        return None
    if text.strip().isdecimal():
        return float(min(int(text.strip()[:9]), 10**8))
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, IndexError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.fromtimestamp(now_ms / 1000, UTC)).total_seconds())
