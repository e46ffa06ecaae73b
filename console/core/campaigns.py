"""E-mail campaigns as a page shows them: who opened and clicked, people apart from proxies and machines, as parts of one bar."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]

WHO = ("people", "unknown", "proxied", "machines")
"""Who may have opened or clicked, surest first; the names of the columns of `mail_campaigns` behind `opened_` and `clicked_`."""
SUMMED = ("sent", "delivered", "bounced", "clicked_people", "unsubscribed", "complained", "orders", "value")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a bar: who, how many, and where it lies, in hundredths of all who got the e-mails."""

    who: str
    count: int
    left: float
    width: float


def got(row: Row) -> int:
    """Return how many got the e-mails: those delivered, or those sent where nobody reports deliveries."""
    return int(row["delivered"] or row["sent"])


def parts(row: Row, did: str) -> tuple[Part, ...]:
    """Return the bar of what was `opened` or `clicked`, without empty parts. It is never wider than a hundred."""
    counts = [int(row[f"{did}_{who}"]) for who in WHO]
    of = max(got(row), sum(counts), 1)
    starts = [sum(counts[:at]) for at in range(len(WHO))]
    return tuple(
        Part(who, count, 100 * start / of, 100 * count / of) for who, count, start in zip(WHO, counts, starts, strict=True) if count
    )


def with_orders(campaigns: Sequence[Row], orders: Sequence[Row]) -> list[Row]:
    """Return the campaigns with `orders` and `value` of what was bought after them."""
    bought = {row["campaign"]: row for row in orders}
    nothing: Row = {"orders": 0, "value": 0.0}
    return [{**row, **{name: bought.get(row["campaign"], nothing)[name] for name in nothing}} for row in campaigns]


def totals(campaigns: Sequence[Row]) -> Row:
    """Return the sums over all campaigns."""
    return {name: sum(row[name] for row in campaigns) for name in SUMMED}
