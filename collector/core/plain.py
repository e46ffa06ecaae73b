"""Accepting without ceremony: a message of a known shape becomes the event that the steps of accept.py would make of it.

It only accepts. Whatever is not plain (a junk id, a site with rules of its own, somebody without an id) is left to the steps.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import msgspec
import orjson
from msgspec import UNSET
from xxhash import xxh3_64_hexdigest

from collector.core.accept import Accepted
from collector.core.addresses import kept_address
from collector.core.drafts import SNIPPET_LIBRARY, Arrival
from collector.core.mail_messages import CHOICES
from collector.core.mapping import KIND_OF_NAME, KIND_OF_TYPE
from collector.core.readers import MAX_TEXT, first, moment, number, text
from collector.core.scrubbing import scrub_known, scrub_values
from collector.core.shapes import Context, Message, Page, Screen, canonical_into
from collector.core.steps import MAX_MESSAGE_ID
from schemas.codec import partition_seed
from schemas.events import MAX_EVENT_BYTES
from schemas.identities import JUNK_IDS, usable_id
from schemas.kinds import Kind

LONGEST_JUNK = max(map(len, JUNK_IDS))
"""A longer id is none of the junk values."""

CONSENT = Kind.CONSENT.value


@dataclass(slots=True)
class Lines:
    """The events of one request by partition, how many were taken, how many were repeats, and the bytes of all."""

    events: dict[int, list[bytes]]
    accepted: int
    duplicate: int
    size: int


class Line(msgspec.Struct, gc=False, omit_defaults=True):
    """What one message says of an event. The fields stand in the order in which `PlainEvents` gives them: by name costs four times as much."""

    event_id: str
    content_hash: str
    kind: str
    name: Any = UNSET
    visitor_id: Any = UNSET
    customer_id: Any = UNSET
    group_id: Any = UNSET
    created_at: Any = UNSET
    sent_at: Any = UNSET
    pageview_id: Any = UNSET
    seq: Any = UNSET
    engaged_ms: Any = UNSET
    scroll_pct: Any = UNSET
    url: Any = UNSET
    title: Any = UNSET
    referrer: Any = UNSET
    user_agent: Any = UNSET
    library: Any = UNSET
    language: Any = UNSET
    screen_width: Any = UNSET
    screen_height: Any = UNSET
    webdriver: Any = UNSET
    value: Any = UNSET
    currency: Any = UNSET
    message_id: Any = UNSET
    props: Any = UNSET
    traits: Any = UNSET


class PlainEvents:
    """The events of plain requests that share a head: what they share is written once.

    `arrival.is_plain` has to hold. `begin` starts another request of the same head. The fields of a message stand in no order that
    matters.
    """

    def __init__(self, arrival: Arrival, new_id: Callable[[], str]) -> None:
        self._site = arrival.site.site
        self._seed = partition_seed(self._site)
        self._ip = arrival.site.ip
        self._own_device = arrival.own_device
        self._by_get = arrival.by_get
        self._default_type = arrival.default_type
        self._suppressions = arrival.suppressions if len(arrival.suppressions) else None
        self._new_id = new_id
        shared = {"site": self._site, "historical": True} if arrival.historical else {"site": self._site}
        self._shared = orjson.dumps(shared)[:-1]
        self._user_agent = text(arrival.user_agent, 1024) or UNSET
        self._sent_at: Any = UNSET
        self._server = self._device = b""
        self._content = bytearray()
        self.begin(arrival.received_at, arrival.address, arrival.sent_at)

    def begin(self, received_at: int, address: str, sent_at: Any) -> None:
        """Take the messages of another request from now on."""
        self._server = b'%b,"received_at":%d,' % (self._shared, received_at)
        kept = kept_address(address, self._ip)
        self._device = self._server if kept is None else b'%b"ip":"%b",' % (self._server, kept.encode())
        told = None if sent_at is None else moment(first(sent_at))
        self._sent_at = UNSET if told is None else told

    def lines(self, messages: Sequence[Message], partitions: int) -> Lines | None:
        """Return the events of a request's messages, or None when one of them is for the steps."""
        lines = Lines({}, 0, 0, 0)
        events = lines.events
        seen: dict[str, str] = {}
        for message in messages:
            accepted = self.accept(message)
            if accepted is None:
                return None
            if seen.get(accepted.event_id) == accepted.content_hash:
                lines.duplicate += 1
                continue
            seen[accepted.event_id] = accepted.content_hash
            encoded = accepted.encoded
            partition = crc32(accepted.owner.encode(), self._seed) % partitions
            if partition in events:
                events[partition].append(encoded)
            else:
                events[partition] = [encoded]
            lines.size += len(encoded)
        lines.accepted = len(messages) - lines.duplicate
        return lines

    def accept(self, message: Message) -> Accepted | None:
        """Return the event of a message, or None when the steps have to decide."""
        owner = _owner(message)
        content = self._content
        _content_into(content, message)
        line = self._line(message, xxh3_64_hexdigest(content)) if owner and len(content) <= MAX_EVENT_BYTES else None
        if line is None or (self._suppressions is not None and self._is_suppressed(message)):
            return None
        context = message.context or NO_CONTEXT
        if self._own_device or (context.library and context.library.name == SNIPPET_LIBRARY):
            if line.user_agent is UNSET:
                line.user_agent = self._user_agent
            shared = self._device
        else:
            shared = self._server
        return Accepted(line.event_id, line.content_hash, owner, shared + encode(line)[1:])

    def _line(self, message: Message, content_hash: str) -> Line | None:
        type_ = message.type or self._default_type
        kind: str | None = KIND_OF_TYPE.get(type_)
        if kind is None:
            kind, name = _track_kind(message) if type_ == "track" else None, message.event
            if kind is None or (self._by_get and kind in CHOICES):
                return None
        else:
            name = message.name or (text(message.properties.get("name"), 500) if message.properties else None)
        context = message.context or NO_CONTEXT
        page, screen = context.page or NO_PAGE, context.screen or NO_SCREEN
        line = Line(
            message.message_id or self._new_id(),
            content_hash,
            kind,
            name or UNSET,
            message.anonymous_id or UNSET,
            message.user_id or UNSET,
            message.group_id or UNSET,
            message.timestamp or message.original_timestamp or UNSET,
            message.sent_at or self._sent_at,
            message.pageview_id or UNSET,
            message.seq,
            message.engaged_ms,
            message.scroll_pct,
            scrub_known(page.url) if page.url else UNSET,
            page.title or UNSET,
            scrub_known(page.referrer) if page.referrer else UNSET,
            context.user_agent or UNSET,
            (context.library and context.library.name) or UNSET,
            context.locale or UNSET,
            screen.width,
            screen.height,
            context.webdriver or UNSET,
        )
        if (message.properties or message.category or message.traits) and not _put_content(message, type_, line):
            return None
        return line

    def _is_suppressed(self, message: Message) -> bool:
        assert self._suppressions is not None
        named = (one for one in (message.user_id, message.anonymous_id) if one)
        return any(self._suppressions.holds(self._site, one) for one in named)


NO_CONTEXT, NO_PAGE, NO_SCREEN = Context(), Page(), Screen()
encode = msgspec.json.Encoder().encode


def _content_into(buffer: bytearray, message: Message) -> None:
    """Write what the content hash is of: the message without the fields of one request."""
    if message.sent_at is UNSET and message.write_key is UNSET and message.metadata is UNSET:
        canonical_into(message, buffer)
        return
    kept = message.sent_at, message.write_key, message.metadata
    message.sent_at = message.write_key = message.metadata = UNSET
    canonical_into(message, buffer)
    message.sent_at, message.write_key, message.metadata = kept


def _owner(message: Message) -> str:
    """Return whose the event is; empty when that is nobody, or when one of the ids is none that names somebody."""
    given, visitor, customer = message.message_id, message.anonymous_id, message.user_id
    if (given and not names_somebody(given)) or (visitor and not names_somebody(visitor)):
        return ""
    if customer and not names_somebody(customer):
        return ""
    return visitor or customer or ""


def names_somebody(value: str) -> bool:
    """Do what `usable_id` does, cheaper for the ids that have nothing to strip."""
    if "(" <= value[0] <= "~" and "(" <= value[-1] <= "~":  # neither space nor quotes
        return len(value) > LONGEST_JUNK or value.lower() not in JUNK_IDS
    return usable_id(value)


def _track_kind(message: Message) -> str | None:
    """Return the kind of a `track` message; none when the steps have to find it."""
    name = message.event
    kind = message.kind or (KIND_OF_NAME.get(name, Kind.CUSTOM) if name else None)
    return None if kind == CONSENT else kind  # a choice of consent has rules of its own


def _put_content(message: Message, type_: str, line: Line) -> bool:
    properties: dict[str, Any] = message.properties or {}
    if "consent" in properties or "status" in properties:
        return False
    if properties:
        _put_properties(properties, line)
        properties = scrub_values(properties)
    if message.category and "category" not in properties:
        properties = {**properties, "category": message.category}
    if properties:
        line.props = properties
    if message.traits and type_ in ("identify", "group"):
        line.traits = message.traits
    return True


def _put_properties(properties: dict[str, Any], line: Line) -> None:
    for name, limit in _TEXTS:
        if name in properties and getattr(line, name) is UNSET:
            read = text(properties[name], limit)
            if read:
                setattr(line, name, scrub_known(read) if name in _ADDRESSES else read)
    for name in ("value", "revenue", "total"):
        if name in properties and line.value is UNSET:
            amount = number(properties[name])
            line.value = UNSET if amount is None else amount


_ADDRESSES = frozenset({"url", "referrer"})
_TEXTS = (*((name, MAX_TEXT) for name in (*_ADDRESSES, "title")), ("currency", 10), ("message_id", MAX_MESSAGE_ID))
