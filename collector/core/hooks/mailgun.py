"""Mailgun's webhook: one report, signed with an HMAC inside the body.

Fields: Mailgun, "Event structure" and "Securing webhooks" (read 2026-11).
"""

import hmac
from collections.abc import Iterator
from typing import Any

from collector.core.hooks.reports import Report, Unreadable, mapping, text
from schemas.kinds import Kind

MAX_AGE_S = 24 * 3600
"""Mailgun tries for eight hours; what is older was copied."""

KINDS = {
    "accepted": Kind.EMAIL_SENT,
    "delivered": Kind.EMAIL_DELIVERED,
    "opened": Kind.EMAIL_OPEN,
    "clicked": Kind.EMAIL_CLICK,
    "failed": Kind.EMAIL_BOUNCE,
    "rejected": Kind.EMAIL_BOUNCE,
    "unsubscribed": Kind.EMAIL_UNSUBSCRIBE,
    "complained": Kind.EMAIL_COMPLAINT,
}


def token_of(payload: Any) -> str:
    """Return the token that Mailgun uses once."""
    return text(mapping(mapping(payload).get("signature")).get("token"))


def is_genuine(payload: Any, secret: str, *, now_ms: int) -> bool:
    """True when the body's signature is of the account's key and not old."""
    told = mapping(mapping(payload).get("signature"))
    timestamp, token, signature = (text(told.get(name)) for name in ("timestamp", "token", "signature"))
    expected = hmac.new(secret.encode(), f"{timestamp}{token}".encode("utf-8", "surrogatepass"), "sha256").hexdigest()
    if not token or not timestamp.isdecimal() or not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "surrogatepass")):
        return False
    return abs(now_ms / 1000 - int(timestamp[:15])) <= MAX_AGE_S


def reports(payload: Any) -> Iterator[Report]:
    """Yield what a body tells; events that footprint does not know are left out."""
    told = mapping(payload).get("event-data")
    if not isinstance(told, dict):
        raise Unreadable("Mailgun sends an object with `event-data`.")
    name = text(told.get("event"))
    kind = KINDS.get(name)
    if kind is None:
        return
    client, status = mapping(told.get("client-info")), mapping(told.get("delivery-status"))
    properties = {
        "url": told.get("url"),
        "reason": told.get("reason") or status.get("description") or status.get("message"),
        "status": status.get("code"),
        "hint": "provider" if client.get("bot") else None,
    }
    if kind is Kind.EMAIL_BOUNCE:
        properties["bounce"] = "soft" if told.get("severity") == "temporary" else "hard" if name == "failed" else "dropped"
    yield Report(
        "mailgun",
        kind,
        text(told.get("id")) or f"{name}:{told.get('timestamp')}:{told.get('recipient')}",
        text(told.get("recipient")),
        told.get("timestamp"),
        text(mapping(mapping(told.get("message")).get("headers")).get("message-id")),
        mapping(told.get("user-variables")),
        properties,
        told.get("ip"),
        client.get("user-agent"),
    )
