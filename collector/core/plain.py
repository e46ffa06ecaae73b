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
from collector.core.shapes import Context, Message, Page, canonical
from collector.core.steps import MAX_MESSAGE_ID
from schemas.events import MAX_EVENT_BYTES
from schemas.identities import JUNK_IDS, usable_id
from schemas.kinds import Kind

LONGEST_JUNK = max(map(len, JUNK_IDS))
"""A longer id is none of the junk values."""

CONSENT = Kind.CONSENT.value
Event = dict[str, Any]


class PlainEvents:
    """The events of one plain request: what they share is put together once.

    `arrival.is_plain` has to hold. The fields of a message stand in no order that matters.
    """

    def __init__(self, arrival: Arrival, new_id: Callable[[], str]) -> None:
        self._arrival = arrival
        self._new_id = new_id
        self._shared: Event = {"site": arrival.site.site, "received_at": arrival.received_at}
        if arrival.historical:
            self._shared["historical"] = True
        if arrival.sent_at is not None:
            _put(self._shared, "sent_at", moment(first(arrival.sent_at)))
        self._own = self._shared.copy()
        _put(self._own, "ip", kept_address(arrival.address, arrival.site.ip))
        _put(self._own, "user_agent", text(arrival.user_agent, 1024))

    def accept(self, message: Message) -> Accepted | None:
        """Return the event of a message, or None when the steps have to decide."""
        context = message.context or _NOTHING
        own = self._arrival.own_device or (context.library and context.library.name == SNIPPET_LIBRARY)
        event = self._own.copy() if own else self._shared.copy()
        owner = _put_people(message, event)
        type_ = message.type or self._arrival.default_type
        if not owner or not _put_kind(message, type_, event):
            return None
        _put_context(context, event)
        if (message.properties or message.category or message.traits) and not _put_content(message, type_, event):
            return None
        _put_numbers(message, event)
        content = _content(message)
        if len(content) > MAX_EVENT_BYTES:
            return None
        hashed = event["content_hash"] = blake2b(content, digest_size=8).hexdigest()
        event_id = event["event_id"] = message.message_id or self._new_id()
        return Accepted(event_id, hashed, owner, orjson.dumps(event))


_NOTHING = Context()


def _content(message: Message) -> bytes:
    """Return what the content hash is of: the message without the fields of one request."""
    if message.sent_at is UNSET and message.write_key is UNSET and message.metadata is UNSET:
        return canonical(message)
    kept = message.sent_at, message.write_key, message.metadata
    message.sent_at = message.write_key = message.metadata = UNSET
    content = canonical(message)
    message.sent_at, message.write_key, message.metadata = kept
    return content


def _put_people(message: Message, event: Event) -> str:
    """Add who did it and return whose the event is; empty when an id is none that names somebody."""
    given, visitor, customer = message.message_id, message.anonymous_id, message.user_id
    if given and not _names_somebody(given):
        return ""
    if visitor:
        if not _names_somebody(visitor):
            return ""
        event["visitor_id"] = visitor
    if customer:
        if not _names_somebody(customer):
            return ""
        event["customer_id"] = customer
    if message.group_id:
        event["group_id"] = message.group_id
    return visitor or customer or ""


def _names_somebody(value: str) -> bool:
    """Do what `usable_id` does, cheaper for the ids that are no junk at first sight."""
    return (len(value) > LONGEST_JUNK and value[0].isalnum() and value[-1].isalnum()) or usable_id(value)


def _put_kind(message: Message, type_: str, event: Event) -> bool:
    kind: str | None = KIND_OF_TYPE.get(type_)
    name: str | UnsetType | None
    if kind is not None:
        name = message.name or (text(message.properties.get("name"), 500) if message.properties else None)
    elif type_ == "track":
        name = message.event
        kind = message.kind or (KIND_OF_NAME.get(name, Kind.CUSTOM) if name else None)
    if kind is None or kind == CONSENT:  # a choice of consent has rules of its own
        return False
    event["kind"] = kind
    if name:
        event["name"] = name
    return True


def _put_context(context: Context, event: Event) -> None:
    if context.user_agent:
        event["user_agent"] = context.user_agent
    if context.library and context.library.name:
        event["library"] = context.library.name
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
    if context.page:
        _put_page(context.page, event)


def _put_page(page: Page, event: Event) -> None:
    if page.url:
        event["url"] = _scrubbed(page.url)
    if page.title:
        event["title"] = page.title
    if page.referrer:
        event["referrer"] = _scrubbed(page.referrer)


def _put_numbers(message: Message, event: Event) -> None:
    created = message.timestamp or message.original_timestamp
    if created:
        event["created_at"] = created
    if message.sent_at:
        event["sent_at"] = message.sent_at
    if message.pageview_id:
        event["pageview_id"] = message.pageview_id
    if message.seq is not UNSET:
        event["seq"] = message.seq
    if message.engaged_ms is not UNSET:
        event["engaged_ms"] = message.engaged_ms
    if message.scroll_pct is not UNSET:
        event["scroll_pct"] = message.scroll_pct


def _put_content(message: Message, type_: str, event: Event) -> bool:
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
    if message.traits and type_ in ("identify", "group"):
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
