"""Lines of the events topic become events, or rejections. The check is a table, because it runs for every event."""

from typing import Any

from schemas.codec import loads
from schemas.kinds import Kind
from schemas.rejections import ORIGINAL_MAX, Reason, Rejection

_Types = frozenset[type[Any]]

_TEXT: _Types = frozenset({str})
_TEXT_OR_NONE: _Types = frozenset({str, type(None)})
_WHOLE: _Types = frozenset({int})
_WHOLE_OR_NONE: _Types = frozenset({int, type(None)})
_NUMBER_OR_NONE: _Types = frozenset({int, float, type(None)})
_TIME: _Types = frozenset({str, int, float, type(None)})
_FLAG: _Types = frozenset({bool})
_OBJECT: _Types = frozenset({dict})
_OBJECT_OR_NONE: _Types = frozenset({dict, type(None)})

TYPES: dict[str, _Types] = {
    "event_id": _TEXT,
    "site": _TEXT,
    "visitor_id": _TEXT_OR_NONE,
    "customer_id": _TEXT_OR_NONE,
    "kind": _TEXT,
    "name": _TEXT,
    "created_at": _TIME,
    "sent_at": _TIME,
    "received_at": _WHOLE,
    "historical": _FLAG,
    "content_hash": _TEXT,
    "ip": _TEXT_OR_NONE,
    "user_agent": _TEXT_OR_NONE,
    "library": _TEXT_OR_NONE,
    "url": _TEXT_OR_NONE,
    "title": _TEXT_OR_NONE,
    "referrer": _TEXT_OR_NONE,
    "language": _TEXT_OR_NONE,
    "screen_width": _WHOLE_OR_NONE,
    "screen_height": _WHOLE_OR_NONE,
    "pageview_id": _TEXT_OR_NONE,
    "seq": _WHOLE_OR_NONE,
    "engaged_ms": _WHOLE_OR_NONE,
    "scroll_pct": _WHOLE_OR_NONE,
    "value": _NUMBER_OR_NONE,
    "currency": _TEXT_OR_NONE,
    "consent": _TEXT_OR_NONE,
    "webdriver": _FLAG,
    "previous_id": _TEXT_OR_NONE,
    "group_id": _TEXT_OR_NONE,
    "message_id": _TEXT_OR_NONE,
    "traits": _OBJECT_OR_NONE,
    "props": _OBJECT,
}
"""The types that JSON gives the fields of `schemas.events.Event`. A test holds the two together."""

REQUIRED = ("event_id", "site", "kind", "received_at", "content_hash")
KINDS = frozenset(kind.value for kind in Kind)
MAX_TIME_MS = 253_402_300_799_999
"""The end of the year 9999: a later time is nobody's."""

MAX_SHAPES = 4_096
_good_shapes: dict[tuple[str, ...], list[type[Any]]] = {}
"""By names, in order, the types of the last event that was right: a collector writes few different ones, over and over again."""


def read_event(line: bytes) -> dict[str, Any] | Rejection:
    """Return the event of a line of the events topic, or why it is none."""
    try:
        event = loads(line)
    except ValueError:
        return _unreadable(line, "The line is not JSON.")
    if type(event) is not dict:
        return _unreadable(line, "The line is not an object.")
    if not _is_of_known_shape(event):
        wrong = _wrong_shape(event)
        if wrong:
            return _unreadable(line, wrong, event)
        _remember_shape(event)
    if event["kind"] not in KINDS or not event["event_id"] or not 0 <= event["received_at"] <= MAX_TIME_MS:
        return _unreadable(line, "kind, event_id or received_at is not usable.", event)
    return event


def _is_of_known_shape(event: dict[str, Any]) -> bool:
    """True when the names and types of an event's fields are those of one that was right."""
    types = _good_shapes.get(tuple(event))
    if types is None:
        return False
    return all(type(value) is types[at] for at, value in enumerate(event.values()))


def _remember_shape(event: dict[str, Any]) -> None:
    names = tuple(event)
    if names in _good_shapes or len(_good_shapes) < MAX_SHAPES:
        _good_shapes[names] = [type(value) for value in event.values()]


def _wrong_shape(event: dict[str, Any]) -> str:
    """Return what is wrong with the names and types of an event's fields, nothing when they are right."""
    for name in REQUIRED:
        if name not in event:
            return f"{name} is missing."
    for name, value in event.items():
        allowed = TYPES.get(name)
        if allowed is None or type(value) not in allowed:
            return f"{name} is not a field of that type."
    return ""


def _unreadable(line: bytes, what: str, event: dict[str, Any] | None = None) -> Rejection:
    event_id = event.get("event_id") if event else ""
    return Rejection(
        Reason.UNREADABLE,
        f"{what} Only the collector writes the events topic: look for another writer.",
        event_id=event_id if isinstance(event_id, str) else "",
        original=line[: ORIGINAL_MAX * 4].decode("utf-8", "replace"),
    )
