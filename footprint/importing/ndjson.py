"""Reads one line of NDJSON: an event with footprint's own field names, or a message of the Segment HTTP API."""

from collections.abc import Mapping
from typing import Any

from footprint.importing.ids import event_id_of
from footprint.importing.logs import LIBRARY, broken
from footprint.importing.outcomes import Outcome, Ready
from schemas.codec import loads
from schemas.identities import MAX_ID_LENGTH
from schemas.kinds import Kind
from schemas.rejections import Reason

TOP = {
    "visitor_id": "anonymousId",
    "customer_id": "userId",
    "pageview_id": "pageviewId",
    "seq": "seq",
    "engaged_ms": "engagedMs",
    "scroll_pct": "scrollPct",
    "previous_id": "previousId",
    "group_id": "groupId",
    "traits": "traits",
}
"""Own field name -> field of the message."""

CONTEXT = {"ip": "ip", "user_agent": "userAgent", "language": "locale", "webdriver": "webdriver"}
PAGE = ("url", "title", "referrer")
PROPERTIES = ("value", "currency", "message_id")
TYPES: dict[str, str] = {Kind.PAGE_VIEW: "page", Kind.IDENTIFY: "identify", Kind.ALIAS: "alias", Kind.GROUP: "group"}


def outcome_of(line: bytes, *, earlier: int, site: str, own: bool) -> Outcome:
    """Return what the line is. `own`: footprint's field names, else a Segment message.

    A line without a usable id gets one from its bytes, so that a second import finds it again.
    """
    made_id = event_id_of(site, line, earlier)
    try:
        value = loads(line)
    except ValueError as error:
        return broken(line, Reason.UNREADABLE, f"This is not JSON: {error}.", event_id=made_id)
    if not isinstance(value, dict):
        return broken(line, Reason.NOT_AN_OBJECT, "A line must be one JSON object.", event_id=made_id)
    message = message_of(value) if own else value
    event_id = _id(message.get("messageId")) or made_id
    # an old sentAt beside today's arrival would look like a broken clock and shift the event's time
    message = {name: field for name, field in message.items() if name != "sentAt"} | {"messageId": event_id}
    return Ready(event_id, _id(message.get("anonymousId")), message)


def message_of(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return the message that carries an event with footprint's own field names, as the `events` view shows them.

    `event_time` is the event's time, else `created_at`. Names that footprint derives itself are left out.
    """
    present = {name: value for name, value in event.items() if value not in (None, "")}
    kind = present.get("kind", "")
    message = {field: present[name] for name, field in TOP.items() if name in present}
    message |= {
        "messageId": present.get("event_id"),
        "type": TYPES.get(str(kind), "track"),
        "kind": kind,
        "event": present.get("name") or kind,
    }
    message["timestamp"] = present.get("event_time", present.get("created_at"))
    message["context"] = _context(present)
    message["properties"] = _properties(present)
    return {name: value for name, value in message.items() if value not in (None, "")}


def _context(event: Mapping[str, Any]) -> dict[str, Any]:
    context: dict[str, Any] = {field: event[name] for name, field in CONTEXT.items() if name in event}
    context["page"] = {name: event[name] for name in PAGE if name in event}
    sides = {side: event[f"screen_{side}"] for side in ("width", "height") if event.get(f"screen_{side}")}
    context["library"] = {"name": event["library"]} if event.get("library") else LIBRARY
    return context | ({"screen": sides} if sides else {})


def _properties(event: Mapping[str, Any]) -> dict[str, Any]:
    props = event.get("props")
    properties = dict(props) if isinstance(props, dict) else {}
    return properties | {name: event[name] for name in PROPERTIES if event.get(name)}


def _id(value: Any) -> str:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    return text if isinstance(text, str) and 0 < len(text) <= MAX_ID_LENGTH else ""
