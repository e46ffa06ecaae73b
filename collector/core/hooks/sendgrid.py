"""SendGrid's event webhook: a list of reports, signed with ECDSA over the time and the raw body.

Fields: Twilio SendGrid, "Event Webhook Reference" and "Event Webhook Security Features" (read 2026-11).
"""

import binascii
from base64 import b64decode
from collections.abc import Iterator, Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_public_key

from collector.core.hooks.reports import CUSTOMER, MESSAGE, Report, Unreadable, mapping, text
from collector.core.mail_messages import ALL, choice
from schemas.kinds import Kind

SIGNATURE = "x-twilio-email-event-webhook-signature"
TIMESTAMP = "x-twilio-email-event-webhook-timestamp"

KINDS = {
    "processed": Kind.EMAIL_SENT,
    "delivered": Kind.EMAIL_DELIVERED,
    "open": Kind.EMAIL_OPEN,
    "click": Kind.EMAIL_CLICK,
    "bounce": Kind.EMAIL_BOUNCE,
    "dropped": Kind.EMAIL_BOUNCE,
    "spamreport": Kind.EMAIL_COMPLAINT,
    "unsubscribe": Kind.EMAIL_UNSUBSCRIBE,
    "group_unsubscribe": Kind.PREFERENCE,
    "group_resubscribe": Kind.PREFERENCE,
}


def public_key(text_: str) -> EllipticCurvePublicKey:
    """Read the verification key, PEM or the base64 that SendGrid shows; raises ValueError when it is neither."""
    encoded = text_.strip().encode()
    key = load_pem_public_key(encoded) if encoded.startswith(b"-----") else load_der_public_key(b64decode(encoded))
    if not isinstance(key, EllipticCurvePublicKey):
        raise ValueError("not an elliptic curve key")  # noqa: TRY004 - what the text holds, not what it is
    return key


def is_genuine(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    """True when the body is signed with the account's key."""
    try:
        signature = b64decode(headers.get(SIGNATURE, ""), validate=True)
        public_key(secret).verify(signature, headers.get(TIMESTAMP, "").encode() + body, ECDSA(SHA256()))
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def reports(payload: Any) -> Iterator[Report]:
    """Yield what a body tells; events that footprint does not know are left out."""
    if not isinstance(payload, list):
        raise Unreadable("SendGrid sends a list of events.")
    for event in payload:
        told = mapping(event)
        kind = KINDS.get(text(told.get("event")))
        if kind is not None:
            yield _report(kind, told)


def _report(kind: Kind, told: Mapping[str, Any]) -> Report:
    mail = text(told.get("sg_message_id")).partition(".")[0]
    name = text(told.get("event"))
    properties = {
        "url": told.get("url"),
        "reason": told.get("reason"),
        "status": told.get("status"),
        "hint": "provider" if told.get("sg_machine_open") else None,
    }
    if kind is Kind.EMAIL_BOUNCE:
        properties["bounce"] = {"bounce": "hard", "blocked": "soft"}.get(text(told.get("type")), "hard") if name == "bounce" else "dropped"
    if kind is Kind.PREFERENCE:
        properties |= choice(str(told.get("asm_group_id", ALL)), wanted=name == "group_resubscribe", source="provider")
    return Report(
        "sendgrid",
        kind,
        text(told.get("sg_event_id")) or f"{mail}:{name}:{told.get('timestamp')}:{told.get('email')}",
        text(told.get("email")),
        told.get("timestamp"),
        mail,
        {name: told.get(name) for name in (CUSTOMER, MESSAGE)},
        properties,
        told.get("ip"),
        told.get("useragent"),
    )
