"""What a list of customers is asked for: filters, an order, and the place from which the next page goes on."""

import math
from collections.abc import Container, Mapping
from dataclasses import dataclass, fields, replace

ANY = "%"
"""What a question takes for a filter that is not set."""
LONGEST = 200
SORTS = {
    "last_seen": "last seen",
    "silent": "longest silent",
    "first_seen": "newest",
    "engagement": "engagement",
    "fit": "fit",
    "value": "value bought",
    "orders": "orders",
    "sessions": "sessions",
}
"""The orders of a list, and how a page names them."""
SEEN = {"1": "in the last day", "7": "in the last week", "30": "in the last 30 days", "90": "in the last 90 days"}
"""Days since somebody was last seen, at most."""
FIRST = 1e300
"""Before everybody, in every order."""


@dataclass(frozen=True, slots=True)
class Search:
    """Who is looked for. Empty filters let everybody through; `text` is a customer, or a trait's whole value such as an e-mail address.

    `after` and `after_id` are the place and the name of the last one of the page before.
    """

    text: str = ""
    stage: str = ""
    band: str = ""
    interest: str = ""
    channel: str = ""
    consent: str = ""
    seen: str = ""
    sort: str = "last_seen"
    after: float = FIRST
    after_id: str = ""

    @property
    def narrowed(self) -> bool:
        """Whether any filter is set."""
        return any(self.filters().values())

    def filters(self) -> dict[str, str]:
        """Return the filters as a form holds them, empty ones too."""
        return {name: getattr(self, name) for name in ("text", "stage", "band", "interest", "channel", "consent", "seen")}

    def parameters(self) -> dict[str, str]:
        """Return the parameters of `customers_found` and `customers_counted`."""
        asked = {name: value or ANY for name, value in self.filters().items()}
        asked["seen"] = self.seen or "0"
        return {**asked, "sort": self.sort, "after": repr(self.after), "after_id": self.after_id or ANY}

    def query(self) -> dict[str, str]:
        """Return what an address carries to show the same list from its beginning."""
        return {name: value for name, value in self.filters().items() if value} | {"sort": self.sort}

    def onward(self, last: Mapping[str, object]) -> dict[str, str]:
        """Return what an address carries to show what comes after a row."""
        return {**self.query(), "after": repr(float(str(last["place"]))), "after_id": str(last["customer_id"])}

    def beyond(self, last: Mapping[str, object]) -> "Search":
        """Return the same search from after a row on."""
        return replace(self, after=float(str(last["place"])), after_id=str(last["customer_id"]))


def told_of(search: Search, offered: Container[tuple[str, str]]) -> str:
    """Return what an audit log says of a search: its filters, and whether it is a further page. `offered` are choices as (filter, value).

    Neither the text that was looked for nor a value that no list offers is told: somebody may have written a person's address there.
    """
    said = {name: value if name == "seen" or (name, value) in offered else "other" for name, value in search.filters().items() if value}
    filters = ["text" if name == "text" else f"{name}={value}" for name, value in said.items()]
    return ", ".join([*filters, *(["further page"] if search.after_id else [])]) or "everybody"


def read_search(told: Mapping[str, str]) -> Search:
    """Return what a request asks for. What cannot be read is left out; a choice that is not offered is the usual one."""
    given = {field.name: told.get(field.name, "").strip()[:LONGEST] for field in fields(Search) if field.name not in ("after", "after_id")}
    if given["sort"] not in SORTS:
        given["sort"] = "last_seen"
    if given["seen"] not in SEEN:
        given["seen"] = ""
    given = {name: "" if value == ANY else value for name, value in given.items()}
    return Search(**given, after=_place(told.get("after", "")), after_id=told.get("after_id", "")[:1000])


def _place(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        return FIRST
    return found if math.isfinite(found) else FIRST
