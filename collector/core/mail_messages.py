"""What happens to e-mails and is chosen about them, as the messages that a POST would have carried: one way for pages, links and providers."""

from typing import Any

from schemas.kinds import Kind

NAMES = {
    Kind.EMAIL_SENT: "Email Sent",
    Kind.EMAIL_DELIVERED: "Email Delivered",
    Kind.EMAIL_OPEN: "Email Opened",
    Kind.EMAIL_CLICK: "Email Link Clicked",
    Kind.EMAIL_BOUNCE: "Email Bounced",
    Kind.EMAIL_COMPLAINT: "Email Marked as Spam",
    Kind.EMAIL_UNSUBSCRIBE: "Email Unsubscribed",
    Kind.PREFERENCE: "Preference Updated",
}
CHOICES = frozenset({Kind.PREFERENCE, Kind.EMAIL_UNSUBSCRIBE, Kind.EMAIL_COMPLAINT, Kind.EMAIL_BOUNCE})
"""Kinds that decide what a customer is sent."""

ALL = "all"
"""The topic that stands for every e-mail."""


def mail_message(kind: Kind, customer: str, *, event_id: str, properties: dict[str, Any]) -> dict[str, Any]:
    """Return the message of something that happened to an e-mail of a customer."""
    return {"type": "track", "kind": kind.value, "event": NAMES[kind], "messageId": event_id, "userId": customer, "properties": properties}


def choice(topic: str, *, wanted: bool, source: str) -> dict[str, Any]:
    """Return the properties of a `preference` about e-mails of a topic."""
    return {"channel": "email", "topic": topic, "opt": "in" if wanted else "out", "source": source}
