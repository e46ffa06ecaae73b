"""Amazon SES through SNS: an envelope that SNS signs, and the report as a JSON text within it.

Fields: Amazon SES, "Event publishing to Amazon SNS"; the signature: Amazon SNS, "Verifying the signatures of Amazon SNS messages" (read 2026-11).
"""

import json
import re
from base64 import b64decode
from binascii import Error
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.x509 import load_pem_x509_certificate

from collector.core.hooks.reports import CUSTOMER, MESSAGE, Report, Unreadable, mapping, text
from collector.core.mail_messages import choice
from schemas.kinds import Kind

HOST = re.compile(r"sns\.[a-z0-9-]{1,40}\.amazonaws\.com(?:\.cn)?")
CONFIRMATIONS = frozenset({"SubscriptionConfirmation", "UnsubscribeConfirmation"})
SIGNED = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
SIGNED_CONFIRMATION = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
HASHES = {"1": SHA1, "2": SHA256}

KINDS = {
    "Send": Kind.EMAIL_SENT,
    "Delivery": Kind.EMAIL_DELIVERED,
    "Open": Kind.EMAIL_OPEN,
    "Click": Kind.EMAIL_CLICK,
    "Bounce": Kind.EMAIL_BOUNCE,
    "Reject": Kind.EMAIL_BOUNCE,
    "Rendering Failure": Kind.EMAIL_BOUNCE,
    "Complaint": Kind.EMAIL_COMPLAINT,
    "Subscription": Kind.EMAIL_UNSUBSCRIBE,
}


def is_address_of_sns(url: str, *, certificate: bool = False) -> bool:
    """True when an address in an envelope is SNS' own: whoever may choose it may make us fetch anything."""
    try:
        parts = urlsplit(url)
        plain = parts.port is None and not parts.username and not parts.password
    except ValueError:
        return False
    ending = not certificate or parts.path.endswith(".pem")
    return parts.scheme == "https" and plain and ending and HOST.fullmatch(parts.hostname or "") is not None and "\\" not in url


def is_genuine(envelope: Mapping[str, Any], certificate: bytes) -> bool:
    """True when the envelope is signed with the key of this certificate (PEM), which came from SNS."""
    hash_ = HASHES.get(text(envelope.get("SignatureVersion")))
    names = SIGNED_CONFIRMATION if envelope.get("Type") in CONFIRMATIONS else SIGNED
    content = "".join(f"{name}\n{envelope[name]}\n" for name in names if envelope.get(name) is not None)
    try:
        key = load_pem_x509_certificate(certificate).public_key()
        signature = b64decode(text(envelope.get("Signature")), validate=True)
        if hash_ is None or not isinstance(key, RSAPublicKey):
            return False
        key.verify(signature, content.encode("utf-8", "surrogatepass"), PKCS1v15(), hash_())
    except (InvalidSignature, Error, ValueError):
        return False
    return True


def reports(envelope: Mapping[str, Any]) -> Iterator[Report]:
    """Yield what an envelope tells, one report for each recipient; events that footprint does not know are left out."""
    try:
        told = mapping(json.loads(text(envelope.get("Message"))))
    except ValueError:
        raise Unreadable("SES sends its event as JSON in `Message`.") from None
    name = text(told.get("eventType")) or text(told.get("notificationType"))
    kind = KINDS.get(name)
    if kind is None:
        return
    mail, detail = mapping(told.get("mail")), mapping(told.get(name[:1].lower() + name[1:].replace(" F", "F")))
    tags = {
        tag: values[0]
        for tag, values in mapping(mail.get("tags")).items()
        if tag in (CUSTOMER, MESSAGE) and isinstance(values, list) and values
    }
    for number, recipient in enumerate(_recipients(mail, detail)):
        for happened, suffix, properties in _happened(kind, name, detail):
            yield Report(
                "ses",
                happened,
                f"{envelope.get('MessageId')}:{number}{suffix}",
                recipient,
                detail.get("timestamp") or mail.get("timestamp"),
                text(mail.get("messageId")),
                tags,
                properties,
                detail.get("ipAddress"),
                detail.get("userAgent"),
            )


def _happened(kind: Kind, name: str, detail: Mapping[str, Any]) -> Iterator[tuple[Kind, str, dict[str, Any]]]:
    """Yield kind, place in the report and properties of what an event tells: of a subscription that was not ended, one for each topic."""
    wanted = mapping(detail.get("newTopicPreferences"))
    topics = wanted.get("topicSubscriptionStatus")
    if kind is not Kind.EMAIL_UNSUBSCRIBE or wanted.get("unsubscribeAll") or not isinstance(topics, list):
        yield kind, "", _properties(kind, name, detail)
        return
    for told in map(mapping, topics):
        topic = text(told.get("topicName"))
        if topic:
            properties = choice(topic, wanted=told.get("subscriptionStatus") == "OptIn", source="provider")
            yield Kind.PREFERENCE, f":{topic}", properties


def _properties(kind: Kind, name: str, detail: Mapping[str, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "url": detail.get("link"),
        "reason": detail.get("reason") or detail.get("errorMessage") or detail.get("bounceSubType"),
    }
    if kind is Kind.EMAIL_BOUNCE:
        properties["bounce"] = ("hard" if detail.get("bounceType") == "Permanent" else "soft") if name == "Bounce" else "dropped"
    return properties


def _recipients(mail: Mapping[str, Any], detail: Mapping[str, Any]) -> list[str]:
    """Return who an event is about: those whom a bounce or complaint names, else all of the mail, in their order."""
    for field in ("bouncedRecipients", "complainedRecipients"):
        named = detail.get(field)
        if isinstance(named, list) and named:
            return [text(mapping(one).get("emailAddress")) for one in named]
    told = detail.get("recipients") or mail.get("destination")
    return [one for one in told if isinstance(one, str)] if isinstance(told, list) else []
