"""Who must not be sent what, as the preferences topic says: only customers who chose `out` of something are kept."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from xxhash import xxh3_64_hexdigest, xxh3_64_intdigest

from schemas import codec

ALL = "all"
MAX_PAGE = 1_000
MAX_LOOKED_AT = 10_000
"""Customers that one page looks at: a question about a topic that few have left must not keep the events waiting."""


@dataclass(frozen=True, slots=True)
class Question:
    """Whom a sender asks about: a channel, a topic (empty: any), after which customer, and how many at most."""

    channel: str = "email"
    topic: str = ""
    after: str = ""
    limit: int = MAX_PAGE


@dataclass(slots=True)
class _Site:
    """The customers of one site, with their records as they came. `sum` is a hash of all of them that does not depend on order.

    `order` is sorted from the first question on; before that it has everybody who was ever added, in the order of the topic.
    """

    customers: dict[str, bytes] = field(default_factory=dict)
    sum: int = 0
    order: list[str] = field(default_factory=list)
    sorted: bool = False

    def put(self, customer: str, value: bytes | None) -> None:
        held = self.customers.pop(customer, None)
        if held is not None:
            self.sum ^= _number(customer, held)
        if value is not None:
            self.customers[customer] = value
            self.sum ^= _number(customer, value)
        if held is None and value is not None:
            if self.sorted:
                insort(self.order, customer)
            else:
                self.order.append(customer)
        elif held is not None and value is None and self.sorted:
            del self.order[bisect_left(self.order, customer)]

    def sort(self) -> list[str]:
        if not self.sorted:
            self.order = sorted(self.customers)
            self.sorted = True
        return self.order


class OptOuts:
    """The list, kept up to date record by record. The same records come to the same list and tags, whatever their order."""

    def __init__(self) -> None:
        self._sites: dict[str, _Site] = {}

    def put(self, key: bytes, value: bytes | None) -> None:
        """Take in a record of the topic; a tombstone, or choices of nothing but `in`, take a customer off the list."""
        name, _, customer = key.decode("utf-8", "replace").partition(":")
        left = value is not None and any(choice["opt"] == "out" for choice in codec.loads(value)["choices"])
        self._sites.setdefault(name, _Site()).put(customer, value if left else None)

    def choices(self, name: str, customer: str, channel: str = "email") -> dict[str, str]:
        """Return `in` or `out` by topic for a customer who left anything; nothing for everybody else."""
        site = self._sites.get(name) or _Site()
        value = site.customers.get(customer)
        told = codec.loads(value)["choices"] if value is not None else []
        return {one["topic"]: one["opt"] for one in told if one["channel"] == channel}

    def tag(self, site: str, question: Question) -> str:
        """Return what changes with the answer to a question, the same in every process."""
        found = self._sites.get(site) or _Site()
        asked = f"{found.sum}\0{len(found.customers)}\0{question.channel}\0{question.topic}\0{question.after}\0{question.limit}"
        return xxh3_64_hexdigest(asked.encode("utf-8", "surrogatepass"))

    def page(self, name: str, question: Question) -> tuple[list[dict[str, Any]], str]:
        """Return customers who must not be sent what is asked about, by id, and after whom to go on (empty: that was all)."""
        site = self._sites.get(name) or _Site()
        order = site.sort()
        entries: list[dict[str, Any]] = []
        first = bisect_right(order, question.after)
        end = min(len(order), first + MAX_LOOKED_AT)
        for number in range(first, end):
            if len(entries) == question.limit:
                end = number
                break
            customer = order[number]
            choices = [one for one in codec.loads(site.customers[customer])["choices"] if one["channel"] == question.channel]
            entry = _entry(customer, choices, question.topic)
            if entry is not None:
                entries.append(entry)
        return entries, order[end - 1] if end < len(order) else ""


def _number(customer: str, value: bytes) -> int:
    return xxh3_64_intdigest(customer.encode() + b"\0" + value)


def _entry(customer: str, choices: Sequence[dict[str, Any]], topic: str) -> dict[str, Any] | None:
    """Return what a sender is told of a customer, None when they may be sent what was asked about."""
    opts = {choice["topic"]: choice["opt"] for choice in choices}
    out = [choice for choice in choices if choice["opt"] == "out"]
    wanted = opts.get(topic, opts.get(ALL, "in")) == "in" if topic else not out
    if wanted:
        return None
    latest = max(out, key=lambda choice: (choice["at"], choice["event_id"]))
    topics = {way: sorted(name for name, opt in opts.items() if opt == way) for way in ("out", "in")}
    return {"customer": customer, **topics, "source": latest["source"], "at": latest["at"]}
