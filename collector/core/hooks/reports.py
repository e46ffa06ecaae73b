"""What a provider reports, as the message that a POST of it would have carried."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from collector.core.mail_messages import mail_message
from schemas.codec import parse_time
from schemas.kinds import Kind

CUSTOMER, MESSAGE = "footprint_customer", "footprint_message"
"""What a sender tells the provider of an e-mail, and gets back with every report of it."""

MAX_KEY = 150


class Unreadable(ValueError):
    """A report that is not shaped as its provider shapes them."""


@dataclass(frozen=True, slots=True)
class Report:
    """One thing that happened to one e-mail.

    `key` is the same whenever the provider sends the report again. `told` is what the sender told the provider of the mail;
    without a customer in it, the recipient's address is the customer. `at` is a time as `parse_time` reads it.
    """

    provider: str
    kind: Kind
    key: str
    recipient: str
    at: Any
    mail: str = ""
    told: Mapping[str, Any] = field(default_factory=dict)
    properties: Mapping[str, Any] = field(default_factory=dict)
    address: Any = None
    user_agent: Any = None


def message_of(report: Report, *, now_ms: int) -> dict[str, Any]:
    """Return the message of a report."""
    at = parse_time(report.at)
    properties = {name: value for name, value in report.properties.items() if value not in (None, "")}
    properties |= {"message_id": text(report.told.get(MESSAGE)) or report.mail, "provider": report.provider}
    customer = text(report.told.get(CUSTOMER)) or report.recipient.strip().lower()
    message = mail_message(report.kind, customer, event_id=f"{report.provider}:{_short(report.key)}", properties=properties)
    message |= {"sentAt": _iso(now_ms), "context": {"ip": report.address, "userAgent": report.user_agent}}
    return message if at is None else message | {"timestamp": _iso(at)}


def mapping(value: Any) -> Mapping[str, Any]:
    """Return an object; anything else is an empty one."""
    return value if isinstance(value, dict) else {}


def text(value: Any) -> str:
    """Return a text; anything else is an empty one."""
    return value if isinstance(value, str) else ""


def _short(key: str) -> str:
    return key if len(key) <= MAX_KEY else sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _iso(moment_ms: int) -> str:
    return datetime.fromtimestamp(moment_ms / 1000, UTC).isoformat(timespec="milliseconds")
