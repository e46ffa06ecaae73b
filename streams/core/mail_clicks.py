"""Whose click led to a page that somebody read: found out where the click's id leads, whichever of the two is heard of first.

State: by click id `{"who": the `clicked` line or nothing, "read": [visitor, time of the view, may link, receipt] or nothing, "due_wall"}`,
and once both were known nothing but `{"done", "due_wall"}`. It stands among the subjects of a partition, under a name that no subject has.
"""

from typing import Any

from schemas.codec import partition_of
from schemas.topics import EVENTS, TRACKED
from streams.core.caps import KEPT_MS
from streams.core.mail_hits import CLICK
from streams.core.mail_points import EVENT
from streams.core.rules import MINUTE_MS
from streams.core.subject import state_key
from streams.core.tracked_line import CONTROL_FIELDS
from streams.core.work import DUE, Outputs, Value, Work

CONTROLS = frozenset({"clicked", "landed", "verdict"})
"""Lines that are no subject's: two that meet here, and corrections, which are for the store."""

MARK: bytes = b'{"control":"mailed",'
"""A line of the events topic that begins so links a visitor. The collector writes no such field."""

LANDS_MS = 10 * MINUTE_MS
"""Who reads the page so long after the click may have got the address from somebody."""

NAME = "k:"
WHO = (*CONTROL_FIELDS, "message_id", "click_id")


def receive(line: dict[str, Any], work: Work, *, partitions: int) -> None:
    """Take in whose a click is, or who has read the page it led to; once both are known, tell the customer."""
    if line["control"] == "verdict" or not line.get("click_id"):
        return
    key = state_key(line["site"], NAME + line["click_id"])
    if line["control"] == "clicked" and not (line["customer_id"] or line["visitor_id"]):
        work.state.delete(key)
        return
    value = work.state.get(key) or {}
    due = max(value.get(DUE["wall"], 0), line["received_at"] + KEPT_MS)
    if "done" not in value:
        if line["control"] == "clicked":
            value.setdefault("who", {name: line.get(name, "") for name in WHO})
        else:
            may_link = bool(line.get("props", {}).get("link"))
            value.setdefault("read", [line["visitor_id"] if may_link else "", line["event_time"], may_link, line["received_at"]])
        if "who" in value and "read" in value:
            _confirm(value, work, line["received_at"], partitions=partitions)
            value = {"done": 1}
    value[DUE["wall"]] = due
    work.state.put(key, value)


def tell(event: dict[str, Any], out: Outputs, *, partitions: int) -> None:
    """Say where its id leads whose click an event is. A provider's own redirect carries no id of ours: nobody lands with it."""
    props = event.get("props", {})
    if event["kind"] == CLICK and "link" in props and "provider" not in props:
        line = {"control": "clicked"} | {name: event.get(name, "") for name in WHO} | {"click_id": event["event_id"]}
        out.write_line(TRACKED, partition_of(event["site"], event["event_id"], partitions), line)


def forget_owner(value: Value, work: Work, *, partitions: int) -> None:
    """Have it forgotten whose the clicks are that the state of a subject holds, because somebody is to be forgotten."""
    for message in value.get("mail", {}).get("messages", {}).values():
        for entry in message["hits"].values():
            tell(entry[EVENT] | {"customer_id": "", "visitor_id": ""}, work.out, partitions=partitions)


def forget(name: str, value: Value, now_ms: int) -> bool:
    """True when a state value is that of a click whose time is over, and must go."""
    return name.startswith(NAME) and value.get(DUE["wall"], 0) <= now_ms


def _confirm(value: Value, work: Work, at: int, *, partitions: int) -> None:
    who, (visitor, viewed_at, may_link, received_at) = value["who"], value["read"]
    site, customer = who["site"], who["customer_id"]
    told = who | {"control": "click_confirmed", "received_at": at}
    work.out.write_line(TRACKED, partition_of(site, customer or who["visitor_id"], partitions), told)
    work.out.counts["email_clicks_confirmed"] += 1
    if may_link and customer and -MINUTE_MS <= viewed_at - who["event_time"] <= LANDS_MS:
        line = {"control": "mailed", "site": site, "visitor_id": visitor, "customer_id": customer, "event_id": who["click_id"]}
        line |= {"event_time": viewed_at, "received_at": received_at}
        work.out.write_line(EVENTS, partition_of(site, visitor, partitions), line)
