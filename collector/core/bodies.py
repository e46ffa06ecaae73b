"""A request body becomes a JSON value, or the reason why not: gzip by its first bytes, lenient where SDKs are sloppy."""

import json
import re
import zlib
from typing import Any

import orjson
from pydantic_core import from_json

from collector.core.answers import Refusal

GZIP_MAGIC = b"\x1f\x8b"
MAX_MEMBERS = 16
"""Gzip members of one body: a body of thousands of empty ones would cost quadratic time."""

LARGE = 1_000_000
"""Bytes up to which the shape of a body cannot cost much memory or time."""

MAX_CONTAINERS = 500_000
"""Objects and lists of one body: 10 MB of empty ones would take 250 MB of memory."""

_LONE_SURROGATE = re.compile(rb"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})")
"""Half of a pair, which JSON can escape and UTF-8 cannot write; an escaped backslash and whole pairs are skipped."""

KNOWN_ENCODINGS = frozenset({"", "identity", "gzip", "x-gzip"})


def too_large(limit: int) -> Refusal:
    """Return the refusal of a body over the limit, on the wire or inflated."""
    return Refusal(413, "too_large", f"The body is over {limit:,} bytes, sent or inflated. Send smaller batches.")


def read_body(body: bytes, *, limit: int, encoding: str = "") -> Any | Refusal:
    """Decode a body. `encoding` is what Content-Encoding claims: only a hint, since SDKs leave it out or declare it wrongly."""
    if body[:2] == GZIP_MAGIC:
        inflated = _inflate(body, limit)
        if isinstance(inflated, Refusal):
            return inflated
        return _parse(inflated)
    value = _parse(body)
    if isinstance(value, Refusal) and encoding.strip().lower() not in KNOWN_ENCODINGS:
        return Refusal(415, "unknown_encoding", "Content-Encoding may be gzip or absent. Send the body in one of these.")
    return value


def _inflate(body: bytes, limit: int) -> bytes | Refusal:
    whole = bytearray()
    for _ in range(MAX_MEMBERS):
        member = zlib.decompressobj(wbits=31)
        try:
            whole += member.decompress(body, limit + 1 - len(whole))
        except zlib.error:
            return _unreadable("The gzip stream is damaged")
        if len(whole) > limit:
            return too_large(limit)
        if not member.eof:
            return _unreadable("The gzip stream ends too early")
        body = member.unused_data.lstrip(b"\0")
        if not body:
            return bytes(whole)
    return _unreadable("The gzip stream has too many members")


def _unreadable(what: str) -> Refusal:
    return Refusal(400, "invalid_json", f"{what}. Send one JSON object, plain or gzipped.")


def _parse(body: bytes) -> Any | Refusal:
    if len(body) > LARGE and body.count(b"{") + body.count(b"[") > MAX_CONTAINERS:
        return Refusal(413, "too_complex", f"The body has over {MAX_CONTAINERS:,} objects and lists. Send smaller batches.")
    try:
        return orjson.loads(body)
    except ValueError:
        return _parse_leniently(body)


def _parse_leniently(body: bytes) -> Any | Refusal:
    """Read what the strict parser refuses: bare NaN and Infinity as null, broken characters as U+FFFD, numbers beyond a double.

    Quick whatever comes: one sloppy request may not keep the others waiting.
    """
    repaired = _LONE_SURROGATE.sub(_replaced, body.decode("utf-8-sig", "replace").encode())
    try:
        return orjson.loads(repaired)
    except ValueError:
        pass
    try:
        return orjson.loads(orjson.dumps(from_json(repaired)))  # NaN becomes null on the way out
    except (ValueError, TypeError):
        return _parse_slowly(repaired) if len(repaired) <= LARGE else _unreadable("The body is not JSON")


def _replaced(match: re.Match[bytes]) -> bytes:
    return match[0] if match[1] is None else b"\\ufffd"


def _parse_slowly(body: bytes) -> Any | Refusal:
    """Read numbers of any length beside NaN, and depths that only this parser knows."""
    try:
        return json.loads(body, parse_constant=_null, parse_int=_integer, parse_float=_number)
    except RecursionError:
        return _unreadable("The JSON is nested too deeply")
    except ValueError:
        return _unreadable("The body is not JSON")


def _null(_: str) -> None:
    return None


def _integer(digits: str) -> int | float | None:
    return int(digits) if len(digits) < 20 else _number(digits)


def _number(digits: str) -> float | None:
    number = float(digits)
    return number if abs(number) != float("inf") else None
