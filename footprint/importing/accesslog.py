"""Reads one line of a web server's access log, in the common or the combined format, as bytes.

Formats: `host ident user [time] "request" status bytes` and, combined, `"referrer" "user agent"`. Servers escape quotes and
backslashes inside quoted fields with a backslash. What stands after the last field of the format (some servers append
fields) is not read.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

_QUOTED = rb'"([^"\\]*(?:\\.[^"\\]*)*)"'
_COMMON = rb"(\S+) \S+ [^\[]+ \[([^\]]*)\] " + _QUOTED + rb" (\d{3}) (\d+|-)"
_LINE = {
    False: re.compile(_COMMON + rb"(?: .*)?", re.DOTALL),
    True: re.compile(_COMMON + rb" " + _QUOTED + rb" " + _QUOTED + rb"(?: .*)?", re.DOTALL),
}
_TIME = re.compile(rb"(\d{2})/([A-Z][a-z]{2})/(\d{4}):(\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})")
_REQUEST = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([^\s]+)(?: HTTP/\d(?:\.\d)?)?")
_MONTHS = {name: number for number, name in enumerate(b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)}


@dataclass(frozen=True, slots=True)
class LogLine:
    """One request as the server wrote it down: quoted fields with their escapes, `-` where the server knew nothing."""

    address: bytes
    at: datetime
    method: bytes
    target: bytes
    status: int
    size: int
    referrer: bytes
    user_agent: bytes


def read_line(line: bytes, *, combined: bool) -> LogLine | str:
    """Return the line's fields, or what is wrong with it."""
    match = _LINE[combined].fullmatch(line)
    if not match:
        return f"This is not a line of the {'combined' if combined else 'common'} format."
    address, stamp, request, status, size, *quoted = match.groups()
    at = _time(stamp)
    if at is None:
        return "The time is not like 17/May/2015:10:05:03 +0000."
    parts = _REQUEST.fullmatch(request)
    if not parts:
        return "The request is not `METHOD target [version]`."
    referrer, user_agent = quoted or (b"", b"")
    return LogLine(
        address=address,
        at=at,
        method=parts[1],
        target=parts[2],
        status=int(status),
        size=0 if size == b"-" else int(size),
        referrer=referrer,
        user_agent=user_agent,
    )


def text_of(field: bytes) -> str:
    """Return a quoted field as text: `-` is empty, backslash escapes are undone, bytes that are no UTF-8 replaced."""
    if field == b"-":
        return ""
    if b"\\" in field:
        field = re.sub(rb"\\(x[0-9A-Fa-f]{2}|.)", _unescape, field, flags=re.DOTALL)
    return field.decode("utf-8", "replace")


def _unescape(match: re.Match[bytes]) -> bytes:
    escape: bytes = match[1]
    if len(escape) == 3:
        return bytes([int(escape[1:], 16)])
    return {b"n": b"\n", b"r": b"\r", b"t": b"\t"}.get(escape, escape)


def _time(stamp: bytes) -> datetime | None:
    match = _TIME.fullmatch(stamp)
    if not match or match[2] not in _MONTHS:
        return None
    day, year, hour, minute, second = (int(match[group]) for group in (1, 3, 4, 5, 6))
    offset = timedelta(hours=int(match[8]), minutes=int(match[9]))
    try:
        zone = timezone(-offset if match[7] == b"-" else offset)
        return datetime(year, _MONTHS[match[2]], day, hour, minute, second, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
