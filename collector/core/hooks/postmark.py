"""Postmark's webhooks: one report, and a secret that the operator puts into the address or its user and password.

Fields: Postmark, "Webhooks overview" and the page of each webhook (read 2026-11).
"""

import hmac
from base64 import b64decode
from binascii import Error
from collections.abc import Iterator, Mapping
from typing import Any

from collector.core.hooks.reports import Report, Unreadable, mapping, text
from collector.core.mail_messages import ALL, choice
from schemas.kinds import Kind

KINDS = {
    "Delivery": Kind.EMAIL_DELIVERED,
    "Bounce": Kind.EMAIL_BOUNCE,
    "SpamComplaint": Kind.EMAIL_COMPLAINT,
    "Open": Kind.EMAIL_OPEN,
    "Click": Kind.EMAIL_CLICK,
    "SubscriptionChange": Kind.EMAIL_UNSUBSCRIBE,
}
TIMES = ("ReceivedAt", "DeliveredAt", "BouncedAt", "ChangedAt")
SOFT = frozenset({"Transient", "SoftBounce", "DnsError", "MailboxFull", "AutoResponder", "ChallengeVerification"})


def is_genuine(headers: Mapping[str, str], query: Mapping[str, str], secret: str) -> bool:
    """True when the request carries the secret: as `?secret=`, or as the password of Basic authentication."""
    given = query.get("secret", "") or _password(headers.get("authorization", ""))
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), secret.encode())


def reports(payload: Any) -> Iterator[Report]:
    """Yield what a body tells; records that footprint does not know are left out."""
    told = mapping(payload)
    name = text(told.get("RecordType"))
    if not name:
        raise Unreadable("Postmark sends an object with `RecordType`.")
    kind = KINDS.get(name)
    if kind is None:
        return
    mail = text(told.get("MessageID"))
    at = next((told[time] for time in TIMES if told.get(time)), None)
    properties: dict[str, Any] = {"url": told.get("OriginalLink"), "reason": told.get("Description") or told.get("Details")}
    if kind is Kind.EMAIL_BOUNCE:
        properties["bounce"] = "soft" if told.get("Type") in SOFT else "hard"
    if name == "SubscriptionChange" and not told.get("SuppressSending"):
        kind, name = Kind.PREFERENCE, f"{name}:in"
        properties |= choice(ALL, wanted=True, source="provider")
    yield Report(
        "postmark",
        kind,
        f"bounce:{told['ID']}" if name == "Bounce" and told.get("ID") else f"{mail}:{name}:{at}",
        text(told.get("Recipient")) or text(told.get("Email")),
        at,
        mail,
        mapping(told.get("Metadata")),
        properties,
        mapping(told.get("Geo")).get("IP"),
        told.get("UserAgent"),
    )


def _password(authorization: str) -> str:
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return b64decode(credentials.strip(), validate=True).decode().partition(":")[2]
    except (Error, ValueError):
        return ""
