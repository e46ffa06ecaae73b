"""The write key of a request, from the places where SDKs put it."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any


def key_outside_body(headers: Mapping[str, str], query_key: str) -> str:
    """Return the first key of: Basic user, Bearer, `X-Write-Key`, `?writeKey=`; empty when there is none."""
    authorization = headers.get("authorization")
    if authorization:
        scheme, _, credentials = authorization.partition(" ")
        found = _from_authorization(scheme.lower(), credentials.strip())
        if found:
            return found
    return headers.get("x-write-key", "").strip() or query_key


def key_in_body(payload: Any) -> str:
    """Return the body's `writeKey`, the last place; empty when there is none."""
    return key_in(payload.get("writeKey")) if isinstance(payload, dict) else ""


def key_in(value: Any) -> str:
    """Return a body's `writeKey`; empty when it is none."""
    return value.strip() if isinstance(value, str) else ""


def _from_authorization(scheme: str, credentials: str) -> str:
    if scheme == "bearer":
        return credentials
    if scheme != "basic":
        return ""
    try:
        user, _, _ = base64.b64decode(credentials, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return ""
    return user.strip()
