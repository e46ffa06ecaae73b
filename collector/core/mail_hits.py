"""What a mail program or a browser asks for from an e-mail, as the message that a POST of it would have carried."""

from collections.abc import Mapping
from typing import Any, Literal

from collector.core.links import Mailed

Hit = Literal["open", "click"]

EVENTS: dict[Hit, tuple[str, str]] = {"open": ("email_open", "Email Opened"), "click": ("email_click", "Email Link Clicked")}
PREFETCH = ("sec-purpose", "purpose", "x-moz")


def hit_message(hit: Hit, mailed: Mailed, *, event_id: str, method: str, headers: Mapping[str, str]) -> dict[str, Any]:
    """Return the message of an open or a click; `headers` have lower-case names.

    `hint` is what the request itself says of being a machine's: HEAD, or a prefetch. The streams judge.
    """
    kind, name = EVENTS[hit]
    properties: dict[str, Any] = {"message_id": mailed.message}
    if hit == "click":
        properties |= {"link": mailed.index, "url": mailed.target}
    hint = hint_of(method, headers)
    if hint:
        properties["hint"] = hint
    return {"type": "track", "kind": kind, "event": name, "messageId": event_id, "userId": mailed.customer, "properties": properties}


def hint_of(method: str, headers: Mapping[str, str]) -> str:
    """Return `head` or `prefetch` when the request says so itself, else nothing."""
    if method == "HEAD":
        return "head"
    return "prefetch" if any("prefetch" in headers.get(name, "").lower() for name in PREFETCH) else ""
