"""Accepting without ceremony: a message of a known shape becomes the event that the steps of accept.py would make of it.

It only accepts. Whatever is not plain (a junk id, a site with rules of its own, somebody without an id) is left to the steps.
"""

from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import orjson
from msgspec import UNSET, UnsetType

from collector.core.accept import Accepted
from collector.core.addresses import kept_address
from collector.core.drafts import SNIPPET_LIBRARY, Arrival
from collector.core.mapping import KIND_OF_NAME, KIND_OF_TYPE
from collector.core.readers import MAX_TEXT, first, moment, number, text
from collector.core.scrubbing import scrub, scrub_values
from collector.core.shapes import Context, Message, canonical
from collector.core.steps import MAX_MESSAGE_ID
from schemas.events import MAX_EVENT_BYTES
from schemas.identities import JUNK_IDS, usable_id
from schemas.kinds import Kind

LONGEST_JUNK = max(map(len, JUNK_IDS))
"""A longer id is none of the junk values."""

Event = dict[str, Any]


def accept_plain(message: Message, arrival: Arrival, new_id: Callable[[], str]) -> Accepted | None:
    """Return the event of a message, or None when the steps have to decide."""
    event: Event = {"site": arrival.site.site}
    _put_ids(message, arrival, event)
    if not (_may_be_plain(message, arrival, event) and _put_content_hash(message, event) and _put_kind(message, arrival, event)):
        return None
    event["event_id"] = message.message_id or new_id()
    _put_times(message, arrival, event)
    _put_device(message.context or _NOTHING, arrival, event)
    _put_page(message, event)
    if (message.properties or message.category or message.traits) and not _put_content(message, arrival, event):
        return None
    if message.group_id:
        event["group_id"] = message.group_id
    owner = event.get("visitor_id") or event["customer_id"]
    return Accepted(event["event_id"], event["content_hash"], owner, orjson.dumps(event))


_NOTHING = Context()


def _put_content_hash(message: Message, event: Event) -> bool:
    sent_at, key, metadata = message.sent_at, message.write_key, message.metadata
    message.sent_at = message.write_key = message.metadata = UNSET
    content = canonical(message)
    message.sent_at, message.write_key, message.metadata = sent_at, key, metadata
    event["content_hash"] = blake2b(content, digest_size=8).hexdigest()
    return len(content) <= MAX_EVENT_BYTES


def _put_kind(message: Message, arrival: Arrival, event: Event) -> bool:
    type_ = message.type or arrival.default_type
    kind = KIND_OF_TYPE.get(type_)
    name: str | UnsetType | None
    if kind is not None:
        name = message.name or (text(message.properties.get("name"), 500) if message.properties else None)
    elif type_ == "track":
        name = message.event
        kind = message.kind or (KIND_OF_NAME.get(name, Kind.CUSTOM) if name else None)
    if kind is None or kind == Kind.CONSENT:  # a choice of consent has rules of its own
        return False
    event["kind"] = kind
    if name:
        event["name"] = name
    return True


def _put_ids(message: Message, arrival: Arrival, event: Event) -> None:
    visitor = message.anonymous_id or arrival.visitor_id
    if visitor:
        event["visitor_id"] = visitor
    if message.user_id:
        event["customer_id"] = message.user_id


def _may_be_plain(message: Message, arrival: Arrival, event: Event) -> bool:
    """True when nobody has to be protected, renamed or checked, and every id names somebody."""
    site, given = arrival.site, message.message_id
    if arrival.declined or site.anonymous_key or site.hash_key or site.plan is not None:
        return False
    ids = [event[name] for name in ("visitor_id", "customer_id") if name in event]
    if not ids or not all(map(_names_somebody, ids)) or (given and not _names_somebody(given)):
        return False
    suppressions = arrival.suppressions
    return not len(suppressions) or not any(suppressions.holds(site.site, one) for one in ids)


def _names_somebody(value: str) -> bool:
    """Do what `usable_id` does, cheaper for the ids that are no junk at first sight."""
    return (len(value) > LONGEST_JUNK and value[0].isalnum() and value[-1].isalnum()) or usable_id(value)


def _put_times(message: Message, arrival: Arrival, event: Event) -> None:
    created = message.timestamp or message.original_timestamp
    if created:
        event["created_at"] = created
    if message.sent_at:
        event["sent_at"] = message.sent_at
    elif arrival.sent_at is not None:
        _put(event, "sent_at", moment(first(arrival.sent_at)))
    event["received_at"] = arrival.received_at
    if arrival.historical:
        event["historical"] = True


def _put_device(context: Context, arrival: Arrival, event: Event) -> None:
    library = context.library.name if context.library else None
    own = arrival.own_device or library == SNIPPET_LIBRARY
    if own:
        address = kept_address(arrival.address, arrival.site.ip)
        if address is not None:
            event["ip"] = address
    agent = context.user_agent or (own and arrival.user_agent[:1024])
    if agent:
        event["user_agent"] = agent
    if library:
        event["library"] = library
    if context.locale:
        event["language"] = context.locale
    screen = context.screen
    if screen:
        if screen.width is not UNSET:
            event["screen_width"] = screen.width
        if screen.height is not UNSET:
            event["screen_height"] = screen.height
    if context.webdriver:
        event["webdriver"] = True


def _put_page(message: Message, event: Event) -> None:
    page = message.context.page if message.context else UNSET
    if page:
        if page.url:
            event["url"] = _scrubbed(page.url)
        if page.title:
            event["title"] = page.title
        if page.referrer:
            event["referrer"] = _scrubbed(page.referrer)
    if message.pageview_id:
        event["pageview_id"] = message.pageview_id
    if message.seq is not UNSET:
        event["seq"] = message.seq
    if message.engaged_ms is not UNSET:
        event["engaged_ms"] = message.engaged_ms
    if message.scroll_pct is not UNSET:
        event["scroll_pct"] = message.scroll_pct


def _put_content(message: Message, arrival: Arrival, event: Event) -> bool:
    properties: dict[str, Any] = message.properties or {}
    if "consent" in properties or "status" in properties:
        return False
    if properties:
        _put_properties(properties, event)
        properties = scrub_values(properties)
    if message.category and "category" not in properties:
        properties = {**properties, "category": message.category}
    if properties:
        event["props"] = properties
    if message.traits and (message.type or arrival.default_type) in ("identify", "group"):
        event["traits"] = message.traits
    return True


def _put_properties(properties: dict[str, Any], event: Event) -> None:
    for name, limit in _TEXTS:
        if name in properties and name not in event:
            read = text(properties[name], limit)
            _put(event, name, scrub(read) if read and name in _ADDRESSES else read)
    for name in ("value", "revenue", "total"):
        if name in properties and "value" not in event:
            _put(event, "value", number(properties[name]))


_ADDRESSES = frozenset({"url", "referrer"})
_TEXTS = (*((name, MAX_TEXT) for name in (*_ADDRESSES, "title")), ("currency", 10), ("message_id", MAX_MESSAGE_ID))


def _scrubbed(address: str) -> str:
    """Scrub an address; the same pages are looked at again and again."""
    return _scrubbed_before(address) if len(address) <= 512 else scrub(address)


_scrubbed_before = lru_cache(maxsize=4096)(scrub)


def _put(event: Event, name: str, value: Any) -> None:
    if value is not None:
        event[name] = value
