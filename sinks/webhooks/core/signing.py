"""Signatures of calls, as the Standard Webhooks specification has them, so that receivers check them with a kept library.

Specification: standard-webhooks/standard-webhooks on GitHub, spec/standard-webhooks.md, read in November 2026.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

PREFIX = "whsec_"
LEAST_KEY = 16
"""Bytes that a key must have."""

ID = "webhook-id"
TIMESTAMP = "webhook-timestamp"
SIGNATURE = "webhook-signature"


def read_key(text: str) -> bytes:
    """Return the key that a setting holds: `whsec_` and base64, or plain text. Raises ValueError when it is too short to sign."""
    if text.startswith(PREFIX):
        try:
            key = base64.b64decode(text.removeprefix(PREFIX), validate=True)
        except binascii.Error:
            raise ValueError("what follows whsec_ is not base64") from None
    else:
        key = text.encode()
    if len(key) < LEAST_KEY:
        raise ValueError(f"it has fewer than {LEAST_KEY} bytes")
    return key


def headers_of(signal_id: str, body: bytes, *, now_s: int, keys: Sequence[bytes]) -> dict[str, str]:
    """Return the headers of one attempt. The id is the signal's own in every attempt; while keys are changed each signs."""
    return {
        "content-type": "application/json",
        "user-agent": "footprint-webhooks",
        ID: signal_id,
        TIMESTAMP: str(now_s),
        SIGNATURE: " ".join(f"v1,{signature(key, signal_id, now_s, body)}" for key in keys),
    }


def signature(key: bytes, signal_id: str, now_s: int, body: bytes) -> str:
    """Return the base64 of HMAC-SHA256 over `id.timestamp.body`."""
    signed = b"%s.%d.%s" % (signal_id.encode("utf-8", "surrogatepass"), now_s, body)
    return base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
