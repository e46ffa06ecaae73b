"""Which customer a visitor is (docs/semantics.md, section 5).

A link is `[customer_id, linked_at, event_id, version]`. The first one that was accepted stands; only an alias, which says
so explicitly, moves a known visitor to another customer.
"""

from enum import StrEnum
from typing import Any

from schemas.identities import usable_id
from schemas.kinds import Kind

Link = list[Any]
CUSTOMER = 0
LINK_VERSION = 3
LINKING = frozenset({Kind.IDENTIFY.value, Kind.ALIAS.value})


class Outcome(StrEnum):
    """What an event did to the link of its visitor. The values are also names of counts."""

    NONE = "links_none"
    LINKED = "links_made"
    REFUSED = "links_refused"


def link_of(event: dict[str, Any], known: Link | None) -> tuple[Outcome, Link | None]:
    """Return what a tracked event does to the link of its visitor, and the link after it.

    An alias links the visitor that is both its own and its `previous_id`. From any other id to a customer it is refused:
    it would join two customers, or a visitor whose link another partition keeps.
    """
    kind, customer, visitor = event["kind"], event.get("customer_id", ""), event.get("visitor_id", "")
    if kind not in LINKING or not customer:
        return Outcome.NONE, known
    alias = kind == Kind.ALIAS
    if alias and event.get("previous_id") == customer:
        return Outcome.NONE, known
    if alias and (not visitor or event.get("previous_id") != visitor):
        return Outcome.REFUSED, known
    if not visitor or (known and known[CUSTOMER] == customer):
        return Outcome.NONE, known
    if not (usable_id(customer) and usable_id(visitor)) or customer == visitor or (known and not alias):
        return Outcome.REFUSED, known
    version = known[LINK_VERSION] + 1 if known else 1
    return Outcome.LINKED, [customer, event["event_time"], event["event_id"], version]
