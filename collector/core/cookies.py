"""The visitor's id in a first-party cookie that only the collector reads, signed so that it is ours."""

import base64
import hmac
from collections.abc import Sequence

NAME = "fp_id"
MAX_AGE_S = 390 * 86_400
"""Below 13 months and below the 400 days at which browsers cut; every answer starts it anew."""

MAX_VISITOR = 200
SIGNATURE_BYTES = 12


def read_visitor(cookies: str, keys: Sequence[bytes]) -> str | None:
    """Return the visitor of a Cookie header, None when it has none that one of `keys` signed."""
    for part in cookies.split(";"):
        name, _, value = part.strip().partition("=")
        if name == NAME:
            encoded, _, signature = value.rpartition(".")
            if any(hmac.compare_digest(_signature(key, encoded), signature.encode("latin-1", "replace")) for key in keys):
                return _decoded(encoded)
    return None


def set_visitor(visitor: str, key: bytes) -> str:
    """Return the Set-Cookie value that keeps a visitor's id for another 390 days."""
    encoded = base64.urlsafe_b64encode(visitor.encode("utf-8", "surrogatepass")).rstrip(b"=").decode()
    return f"{NAME}={encoded}.{_signature(key, encoded).decode()}; Max-Age={MAX_AGE_S}; {_attributes()}"


def forget_visitor() -> str:
    """Return the Set-Cookie value that ends the cookie."""
    return f"{NAME}=; Max-Age=0; {_attributes()}"


def _attributes() -> str:
    return "Path=/; HttpOnly; Secure; SameSite=Lax"


def _signature(key: bytes, encoded: str) -> bytes:
    digest = hmac.digest(key, encoded.encode("latin-1", "replace"), "sha256")
    return base64.urlsafe_b64encode(digest[:SIGNATURE_BYTES]).rstrip(b"=")


def _decoded(encoded: str) -> str | None:
    try:
        return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode() or None
    except ValueError:
        return None
