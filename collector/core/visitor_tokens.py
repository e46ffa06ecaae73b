"""Short-lived tokens that hand a visitor over from one of a site's domains to another."""

import base64
import hmac
from collections.abc import Sequence

LIFETIME_S = 120
"""Long enough to follow a link and load a page, too short to be worth passing on."""

PURPOSE = b"handover\0"
SIGNATURE_BYTES = 16


def sign_token(visitor: str, key: bytes, *, now_ms: int, browser: str) -> str:
    """Return a token for `visitor` that is good until LIFETIME_S from now, in the browser that calls itself so. It is safe in a query as it is."""
    expires = now_ms // 1000 + LIFETIME_S
    content = f"{expires:x}.{_encoded(visitor.encode('utf-8', 'surrogatepass'))}"
    return f"{content}.{_signature(key, content, browser)}"


def read_token(token: str, keys: Sequence[bytes], *, now_ms: int, browser: str) -> str | None:
    """Return the visitor of a token that one of `keys` signed for this browser and that has not expired, else None. No text makes it raise."""
    content, _, signature = token.rpartition(".")
    if not any(hmac.compare_digest(_signature(key, content, browser).encode(), signature.encode("utf-8", "replace")) for key in keys):
        return None
    expires, _, encoded = content.partition(".")  # ours from here on: nobody else has the key
    if now_ms // 1000 > int(expires, 16):
        return None
    return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode("utf-8", "replace")


def _signature(key: bytes, content: str, browser: str) -> str:
    signed = f"{content}\0{browser}".encode("utf-8", "replace")
    return _encoded(hmac.digest(key, PURPOSE + signed, "sha256")[:SIGNATURE_BYTES])


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
