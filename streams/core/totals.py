"""What a set of a session's events adds up to, without the events.

`totals_of` one event and `add` make a commutative monoid: the totals of a session do not depend on the order or the
grouping in which its events came. Totals are plain lists, which JSON keeps as they are; the names below are their fields.
"""

from typing import Any

from schemas.kinds import KEY_KINDS, Kind

Order = list[Any]
"""The place of an event in the one order: `[event_time, pageview_id, seq, event_id]` (docs/semantics.md, section 1)."""

Totals = list[Any]

FIRST = 0
"""Order of the first event."""
LAST = 1
"""Order of the last event."""
EVENTS = 2
PAGE_VIEWS = 3
CLICKS = 4
KEY_EVENTS = 5
VALUE = 6
"""Purchases less refunds, in 1/10,000 of the currency: integers add up the same in any order."""
TRAFFIC = 7
"""Rank of the worst label."""
ENTRY = 8
"""`[no path, order, path, *facts]` of the first event that has a path, else of the first event."""
EXIT = 9
"""`[order, path]` of the last event that has a path."""
PAGES = 10
"""By page view: `[time of its last event, {seq: [event_id, event_time, engaged_ms]}]`."""
BEST_TRAFFIC = 11
"""Rank of the best label: events of a session whose label is worse than this are relabelled with it."""
SECONDS = 12
"""Events by second of event time, and the most in one; an event that the operator allows is not counted."""
HOURS = 13
"""Page views by hour of event time, and the most in one."""
SNIPPET_VIEWS = 14
"""Page views that the snippet sent: where it runs, people leave engagement behind."""

LABELS = ("human", "suspect", "bot")
RANKS = {label: rank for rank, label in enumerate(LABELS)}
PAGE_VIEW, CLICK, ENGAGEMENT = Kind.PAGE_VIEW.value, Kind.CLICK.value, Kind.ENGAGEMENT.value
MONEY = frozenset({Kind.PURCHASE.value, Kind.REFUND.value})
VALUE_UNIT = 10_000
VALUE_MAX = 10**18
SLACK_MS = 5_000
PAGE_VIEW_MAX_MS = 4 * 3_600_000
MAX_PAGES = 1_000
"""Page views of a session whose engagement is measured: what holds its state to a bounded size."""

MAX_SECONDS = 1_000
"""Seconds and hours of a session in which events are counted."""
SNIPPET_LIBRARY = "fp.js"
ALLOWED = "allowed"
"""The reason of an event that the operator's allow list named: it is human, whatever its session does."""

ENTRY_FACTS = ("channel", "utm_source", "utm_medium", "utm_campaign", "country", "device")


def order_of(event: dict[str, Any]) -> Order:
    """Return the place of a tracked event in the one order."""
    return [event["event_time"], event.get("pageview_id", ""), event.get("seq", 0), event["event_id"]]


def totals_of(event: dict[str, Any]) -> Totals:
    """Return the totals of one tracked event."""
    kind, order, path = event["kind"], order_of(event), event.get("url_path", "")
    view, label = int(kind == PAGE_VIEW), RANKS[event.get("traffic", "human")]
    judged = ALLOWED not in event.get("traffic_reasons", ())
    return [
        order,
        order,
        1,
        view,
        int(kind == CLICK),
        int(kind in KEY_KINDS),
        _worth(kind, event),
        label,
        _entry(event, order, path),
        [order, path] if path else [],
        _page(event, order),
        label,
        [{str(order[0] // 1000 % 100_000): 1}, 1] if judged else [{}, 0],
        [{str(order[0] // 3_600_000 % 100): 1}, 1] if judged and view else [{}, 0],
        int(judged and view and event.get("library") == SNIPPET_LIBRARY),
    ]


def _entry(event: dict[str, Any], order: Order, path: str) -> list[Any]:
    return [int(not path), order, path, *[event.get(name, "") for name in ENTRY_FACTS]]


def _worth(kind: str, event: dict[str, Any]) -> int:
    if kind not in MONEY:
        return 0
    units: int = round(min(abs(event.get("value", 0.0)), 1e12) * VALUE_UNIT)
    return units if kind == Kind.PURCHASE else -units


def _page(event: dict[str, Any], order: Order) -> dict[str, Any]:
    engaged, pageview = event.get("engaged_ms", 0), event.get("pageview_id", "")
    if event["kind"] != ENGAGEMENT or engaged <= 0:
        return {pageview: [order[0], {}]} if pageview else {}
    # without a page view there is no sequence either: each event is a delta of its own
    seq = str(order[2]) if pageview else order[3]
    return {pageview: [order[0], {seq: [order[3], order[0], engaged]}]}


def append(totals: Totals, event: dict[str, Any], order: Order) -> None:
    """Add an event that comes after all others: the same as `add` of its totals, which most events never need to have."""
    kind, path, label = event["kind"], event.get("url_path", ""), RANKS[event.get("traffic", "human")]
    totals[LAST] = order
    totals[EVENTS] += 1
    totals[KEY_EVENTS] += kind in KEY_KINDS
    if kind in MONEY:
        totals[VALUE] = max(-VALUE_MAX, min(VALUE_MAX, totals[VALUE] + _worth(kind, event)))
    if label != totals[TRAFFIC] or label != totals[BEST_TRAFFIC]:
        totals[TRAFFIC] = max(totals[TRAFFIC], label)
        totals[BEST_TRAFFIC] = min(totals[BEST_TRAFFIC], label)
    if path:
        totals[EXIT] = [order, path]
        if totals[ENTRY][0]:
            totals[ENTRY] = _entry(event, order, path)
    _append_counts(totals, event, order, kind)
    _append_page(totals[PAGES], event, order, kind)


def _append_counts(totals: Totals, event: dict[str, Any], order: Order, kind: str) -> None:
    view = kind == PAGE_VIEW
    totals[PAGE_VIEWS] += view
    totals[CLICKS] += kind == CLICK
    if "traffic_reasons" in event and ALLOWED in event["traffic_reasons"]:
        return
    _count(totals[SECONDS], str(order[0] // 1000 % 100_000), 1)
    if view:
        _count(totals[HOURS], str(order[0] // 3_600_000 % 100), 1)
        totals[SNIPPET_VIEWS] += event.get("library") == SNIPPET_LIBRARY


def _append_page(pages: dict[str, Any], event: dict[str, Any], order: Order, kind: str) -> None:
    known = pages.get(order[1])
    if kind != ENGAGEMENT and known and order[1]:  # what is of no page view lengthens none
        known[0] = max(known[0], order[0])
        return
    for pageview, page in _page(event, order).items():
        if known:
            _add_page(known, page)
        elif len(pages) < MAX_PAGES:
            pages[pageview] = page


def add(totals: Totals, more: Totals) -> None:
    """Add `more` to `totals`, in place. `more` may be shared afterwards and must not be changed any more."""
    totals[FIRST] = min(totals[FIRST], more[FIRST])
    totals[LAST] = max(totals[LAST], more[LAST])
    for field in (EVENTS, PAGE_VIEWS, CLICKS, KEY_EVENTS, SNIPPET_VIEWS):
        totals[field] += more[field]
    totals[VALUE] = max(-VALUE_MAX, min(VALUE_MAX, totals[VALUE] + more[VALUE]))
    totals[TRAFFIC] = max(totals[TRAFFIC], more[TRAFFIC])
    totals[BEST_TRAFFIC] = min(totals[BEST_TRAFFIC], more[BEST_TRAFFIC])
    _add_counts(totals[SECONDS], more[SECONDS])
    _add_counts(totals[HOURS], more[HOURS])
    totals[ENTRY] = min(totals[ENTRY], more[ENTRY])
    totals[EXIT] = max(totals[EXIT], more[EXIT])
    pages = totals[PAGES]
    for pageview, page in more[PAGES].items():
        if pageview in pages:
            _add_page(pages[pageview], page)
        elif len(pages) < MAX_PAGES:
            pages[pageview] = page


def _add_counts(counts: list[Any], more: list[Any]) -> None:
    for slot, number in more[0].items():
        _count(counts, slot, number)


def _count(counts: list[Any], slot: str, number: int) -> None:
    by_slot = counts[0]
    if slot in by_slot or len(by_slot) < MAX_SECONDS:
        by_slot[slot] = total = by_slot.get(slot, 0) + number
        counts[1] = max(counts[1], total)


def _add_page(page: list[Any], more: list[Any]) -> None:
    page[0] = max(page[0], more[0])
    deltas = page[1]
    for seq, delta in more[1].items():
        deltas[seq] = min(deltas.get(seq, delta), delta)  # one delta per (page view, seq): the smallest event_id


def engaged_ms(totals: Totals) -> int:
    """Return the engagement of a session: per page view the sum of its deltas, clamped (docs/semantics.md, section 4)."""
    return sum(_page_engaged(last, deltas.values()) for last, deltas in totals[PAGES].values() if deltas)


def _page_engaged(last: int, deltas: Any) -> int:
    start = min(at - engaged for _, at, engaged in deltas)
    total = sum(engaged for _, _, engaged in deltas)
    return int(min(total, last - start + SLACK_MS, PAGE_VIEW_MAX_MS))
