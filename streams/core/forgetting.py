"""Forgetting a person: a `forget` line on the events topic takes everything that the streams keep about them.

It goes the way of the events it must not be overtaken by: to the partition of each visitor, and from there to the subjects
of the visitor and of the customer. What is published as a current state gets a tombstone.
"""

from typing import Any

from schemas.codec import dumps, loads, partition_of, subject_of
from schemas.topics import IDENTITIES, PREFERENCES, SCORES, TRACKED
from streams.core import mail_clicks, preferences
from streams.core.subject import Subject, state_key
from streams.core.work import Work

MARK = b'{"control":"forget",'
"""A line that begins so is no event. The collector writes no such field."""


def forget_line(site: str, *, visitor_id: str = "", customer_id: str = "") -> bytes:
    """Return the line that makes the streams forget a visitor, or a customer, or a visitor and whom it belongs to."""
    return dumps({"control": "forget", "site": site, "visitor_id": visitor_id, "customer_id": customer_id})


def forget_sender(line: bytes, work: Work, *, partitions: int) -> None:
    """Forget the visitor that a line of the events topic names, else the customer, and tell their subjects."""
    named = _read(line)
    if named is None:
        return
    site, visitor, customer = named
    work.state.delete(f"{site}\0v\0{visitor}" if visitor else f"{site}\0c\0{customer}")
    if visitor:
        work.out.write(IDENTITIES, f"{site}:{visitor}", None)
        _tell(work, site, partitions, visitor_id=visitor)
    if customer:
        _tell(work, site, partitions, customer_id=customer)
    work.out.counts["forgotten"] += 1


def forget_subject(line: bytes, work: Work, touched: dict[str, Subject], *, partitions: int) -> None:
    """Forget the subject that a line of the tracked topic names; what it published gets tombstones."""
    named = _read(line)
    if named is None:
        return
    site, visitor, customer = named
    name = subject_of(customer, visitor)
    key = state_key(site, name)
    subject = touched.pop(key, None)
    value: dict[str, Any] = (subject.value if subject else work.state.get(key)) or {}
    for score in value.get("bands", {}):
        work.out.write(SCORES, f"{site}:{name}:{score}", None)
    published = preferences.forget(site, name, value)
    if published:
        work.out.write(PREFERENCES, published, None)
    mail_clicks.forget_owner(value, work, partitions=partitions)
    work.state.delete(key)


def _tell(work: Work, site: str, partitions: int, **who: str) -> None:
    (owner,) = who.values()
    line = {"control": "forget", "site": site, "visitor_id": who.get("visitor_id", ""), "customer_id": who.get("customer_id", "")}
    work.out.write_line(TRACKED, partition_of(site, owner, partitions), line)


def _read(line: bytes) -> tuple[str, str, str] | None:
    try:
        value = loads(line)
        named = value["site"], value["visitor_id"], value["customer_id"]
    except (ValueError, KeyError):
        return None
    return named if all(type(one) is str for one in named) and (named[1] or named[2]) else None
