"""Event kinds and what each does to a session."""

from enum import StrEnum


class Kind(StrEnum):
    """What happened. `name` holds the caller's own word for it."""

    PAGE_VIEW = "page_view"
    CLICK = "click"
    ENGAGEMENT = "engagement"
    FORM_START = "form_start"
    FORM_SUBMIT = "form_submit"
    FORM_ABANDON = "form_abandon"
    CHAT_START = "chat_start"
    CHAT_MESSAGE = "chat_message"
    CHAT_END = "chat_end"
    PURCHASE = "purchase"
    REFUND = "refund"
    PREFERENCE = "preference"
    CONSENT = "consent"
    EMAIL_SENT = "email_sent"
    EMAIL_DELIVERED = "email_delivered"
    EMAIL_OPEN = "email_open"
    EMAIL_CLICK = "email_click"
    EMAIL_BOUNCE = "email_bounce"
    EMAIL_COMPLAINT = "email_complaint"
    EMAIL_UNSUBSCRIBE = "email_unsubscribe"
    IDENTIFY = "identify"
    ALIAS = "alias"
    GROUP = "group"
    CUSTOM = "custom"


OPENING = frozenset(
    {
        Kind.PAGE_VIEW,
        Kind.CLICK,
        Kind.FORM_START,
        Kind.FORM_SUBMIT,
        Kind.FORM_ABANDON,
        Kind.CHAT_START,
        Kind.CHAT_MESSAGE,
        Kind.CHAT_END,
        Kind.PURCHASE,
        Kind.REFUND,
        Kind.CUSTOM,
    }
)
"""Kinds that open a session and extend an open one."""

KEY_KINDS = frozenset({Kind.FORM_SUBMIT, Kind.PURCHASE})
"""Key events: one of them makes a session engaged."""


def opens(kind: str) -> bool:
    """True when an event of this kind starts a session where none is open."""
    return kind in OPENING


def extends(kind: str, engaged_ms: int) -> bool:
    """True when an event of this kind counts as activity of an open session."""
    return kind in OPENING or (kind == Kind.ENGAGEMENT and engaged_ms > 0)
