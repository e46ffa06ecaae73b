"""What proves who asks for fields of a profile: a visitor token of ours, or a customer token of the site's own server.

A visitor token is good for the site and the visitor in it, and is given out only with an id that the collector has just made:
whoever names an id gets none for it. A customer token is a JWT (RFC 7519) signed with HS256 (RFC 7515) by a key of the site. No text
makes the readers raise.
"""

import base64
import binascii
import hmac
import math
from dataclasses import dataclass
from typing import Any

import orjson

from schemas.identities import usable_id

LIFETIME_S = 90 * 86_400
"""Of a visitor token; each answer brings a new one."""

LONGEST_S = 86_400
"""A customer token may be good for so long at most: the site's server makes one for each page."""

MAX_TOKEN = 2_048
VERSION = "p1"
PURPOSE = b"proof\0"


@dataclass(frozen=True, slots=True)
class Proof:
    """Keys of one site, newest last: `visitor` sign visitor tokens, `customer` are those of its server."""

    site: str
    visitor: tuple[bytes, ...] = ()
    customer: tuple[bytes, ...] = ()


def sign_visitor(visitor: str, proof: Proof, *, now_ms: int) -> str:
    """Return a token for a visitor whose id the collector made, or who has shown such a token."""
    content = f"{VERSION}.{now_ms // 1000 + LIFETIME_S:x}.{_encoded(visitor.encode('utf-8', 'surrogatepass'))}"
    return f"{content}.{_visitor_signature(proof.visitor[-1], content)}"


def read_visitor(token: str, proof: Proof, *, now_ms: int) -> str | None:
    """Return the visitor of a token that one of the site's keys signed and that has not expired, else None."""
    if len(token) > MAX_TOKEN or not token.isascii():
        return None
    content, _, signature = token.rpartition(".")
    if not any(hmac.compare_digest(_visitor_signature(key, content), signature) for key in proof.visitor):
        return None
    _, expires, encoded = content.split(".")  # ours from here on: nobody else has the key
    if now_ms // 1000 > int(expires, 16):
        return None
    return _decoded(encoded).decode("utf-8", "surrogatepass")


def read_customer(token: str, proof: Proof, *, now_ms: int) -> str | None:
    """Return the customer (`sub`) of a JWT that one of the site's keys signed for this site (`aud`) and that expires (`exp`) within a day, else None."""
    parts = token.split(".")
    if len(token) > MAX_TOKEN or not token.isascii() or len(parts) != 3:
        return None
    head, claims, signature = parts
    content = f"{head}.{claims}".encode()
    if not any(hmac.compare_digest(_encoded(hmac.digest(key, content, "sha256")), signature) for key in proof.customer):
        return None
    header, told = _object(head), _object(claims)
    if header.get("alg") != "HS256" or "crit" in header:
        return None
    return _subject(told, proof.site, now_ms // 1000)


def _subject(claims: dict[str, Any], site: str, now_s: int) -> str | None:
    audience, expires, begins, customer = claims.get("aud"), _number(claims.get("exp")), _number(claims.get("nbf", 0)), claims.get("sub")
    if audience != site and not (isinstance(audience, list) and site in audience):
        return None
    if not now_s < expires <= now_s + LONGEST_S or not begins <= now_s:
        return None
    return customer if isinstance(customer, str) and usable_id(customer) else None


def _number(value: Any) -> float:
    return value if type(value) in (int, float) else math.nan  # which is neither before nor after anything


def _object(encoded: str) -> dict[str, Any]:
    try:
        found = orjson.loads(_decoded(encoded))
    except (orjson.JSONDecodeError, binascii.Error, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _visitor_signature(key: bytes, content: str) -> str:
    return _encoded(hmac.digest(key, PURPOSE + content.encode(), "sha256"))


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decoded(encoded: str) -> bytes:
    return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
