"""A pixel's query string becomes one message: base64 JSON in `data`, or plain parameters with dotted names."""

import base64
import binascii
from typing import Any
from urllib.parse import parse_qsl

from collector.core.answers import Refusal
from collector.core.bodies import read_body
from schemas.events import MAX_EVENT_BYTES

MAX_FIELDS = 500
MAX_DEPTH = 8
ENCODED = frozenset("%+")
NOT_CONTENT = frozenset({"writeKey", "historical"})


def read_query(query: str) -> dict[str, str]:
    """Return the parameters of a query string, the last of equal names; unreadable or hostile ones give none."""
    try:
        if ENCODED.isdisjoint(query):  # nothing to decode: the same, ten times faster
            return _split(query)
        return dict(parse_qsl(query, errors="replace", max_num_fields=MAX_FIELDS))
    except ValueError:
        return {}


def _split(query: str) -> dict[str, str]:
    fields = query.split("&", MAX_FIELDS)
    if len(fields) > MAX_FIELDS:
        return {}
    pairs = (field.partition("=") for field in fields)
    return {name: value for name, _, value in pairs if value}


def pixel_body(encoded: str) -> bytes | Refusal:
    """Return the JSON text in a pixel's `data`, standard base64 or the one for URLs, with or without its padding."""
    # a query string turns the "+" of standard base64 into a space
    alphabet = encoded.strip("\r\n").replace(" ", "+").replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(alphabet + "=" * (-len(alphabet) % 4), validate=True)
    except (binascii.Error, ValueError):
        return Refusal(400, "invalid_data", "`data` is not base64. Encode one JSON message.")


def read_pixel(parameters: dict[str, str]) -> Any | Refusal:
    """Return the message of a pixel request, as a `POST` of it would have carried."""
    encoded = parameters.get("data")
    if encoded is None:
        return _unflatten(parameters)
    body = pixel_body(encoded)
    return body if isinstance(body, Refusal) else read_body(body, limit=2 * MAX_EVENT_BYTES)


def _unflatten(parameters: dict[str, str]) -> dict[str, Any]:
    message: dict[str, Any] = {}
    for name, value in parameters.items():
        if name not in NOT_CONTENT:
            _place(message, name.split(".", MAX_DEPTH), value)
    return message


def _place(message: dict[str, Any], path: list[str], value: str) -> None:
    target = message
    for step in path[:-1]:
        inner = target.setdefault(step, {})
        if not isinstance(inner, dict):  # `a=1&a.b=2` contradicts itself: the first stands
            return
        target = inner
    target.setdefault(path[-1], value)
