"""Who must not be sent what, as the preferences topic says: only customers who chose `out` of something are kept."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from xxhash import xxh3_64_hexdigest, xxh3_64_intdigest

from schemas import codec

ALL = "all"
MAX_PAGE = 10_000


@dataclass(frozen=True, slots=True)
class Question:
    """Whom a sender asks about: a channel, a topic (empty: any), after which customer, and how many at most."""

    channel: str = "email"
    topic: str = ""
    after: str = ""
    limit: int = MAX_PAGE


@dataclass(slots=True)
class _Site:
    """The customers of one site: their choices by channel. `sum` is one of their hashes that does not depend on order."""

    customers: dict[str, tuple[int, dict[str, list[dict[str, Any]]]]] = field(default_factory=dict)
    sum: int = 0
    order: list[str] = field(default_factory=list)
    sorted: bool = True


class OptOuts:
    """The list, kept up to date record by record. The same records come to the same list and tags, whatever their order."""

    def __init__(self) -> None:
        self._sites: dict[str, _Site] = {}

    def put(self, key: bytes, value: bytes | None) -> None:
        """Take in a record of the topic; a tombstone, or choices of nothing but `in`, take a customer off the list."""
        name, _, customer = key.decode("utf-8", "replace").partition(":")
        site = self._sites.setdefault(name, _Site())
        held = site.customers.pop(customer, None)
        if held is not None:
            site.sum ^= held[0]
        choices = codec.loads(value)["choices"] if value is not None else []
        if any(choice["opt"] == "out" for choice in choices):
            by_channel: dict[str, list[dict[str, Any]]] = {}
            for choice in choices:
                by_channel.setdefault(choice["channel"], []).append(choice)
            number = xxh3_64_intdigest(key + b"\0" + (value or b""))
            site.customers[customer] = number, by_channel
            site.sum ^= number
            site.order.append(customer)
        site.sorted = False

    def tag(self, site: str, question: Question) -> str:
        """Return what changes with the answer to a question, the same in every process."""
        found = self._sites.get(site) or _Site()
        asked = f"{found.sum}\0{len(found.customers)}\0{question.channel}\0{question.topic}\0{question.after}\0{question.limit}"
        return xxh3_64_hexdigest(asked.encode("utf-8", "surrogatepass"))

    def page(self, site: str, question: Question) -> tuple[list[dict[str, Any]], str]:
        """Return the customers who must not be sent what is asked about, by id, and after whom to go on (empty: that was all)."""
        entries: list[dict[str, Any]] = []
        for customer, choices in self._after(site, question):
            entry = _entry(customer, choices, question.topic)
            if entry is not None and len(entries) == question.limit:
                return entries, entries[-1]["customer"]
            if entry is not None:
                entries.append(entry)
        return entries, ""

    def _after(self, name: str, question: Question) -> Iterator[tuple[str, Sequence[dict[str, Any]]]]:
        site = self._sites.get(name) or _Site()
        if not site.sorted:  # nearly sorted as it is, which costs little more than to look at it
            site.order = sorted(dict.fromkeys(customer for customer in site.order if customer in site.customers))
            site.sorted = True
        for number in range(bisect_right(site.order, question.after), len(site.order)):
            customer = site.order[number]
            choices = site.customers[customer][1].get(question.channel)
            if choices:
                yield customer, choices


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
