"""When an event happened, from three clocks (docs/semantics.md, section 1)."""

from dataclasses import dataclass
from typing import Any

from schemas.codec import MIN_TIME_MS, parse_time
from streams.core.rules import LIVE_MS, MINUTE_MS

HEALTHY_MS = 5 * MINUTE_MS
"""How far a client's clock may be off, and how far an event may lie in the future."""

PLAIN_MS = 10**12
ABSURD_MS = 10**15
"""A whole number between the two is in milliseconds, and needs no reading."""


MINUTE_CHARS = 17
"""Of `2026-09-21T14:13:00.123Z`, as browsers write a time, up to its seconds."""
CACHED_MINUTES = 4_096
_minutes: dict[str, int] = {}


@dataclass(slots=True)  # a frozen one costs three times as much to make
class Clocks:
    """The clocks of one event, Unix milliseconds. `skew_ms` = received_at - sent_at."""

    event_time: int
    created_at: int | None
    sent_at: int
    ts_source: str
    skew_ms: int
    historical: bool


def clocks_of(event: dict[str, Any]) -> Clocks:
    """Return the clocks of an event of the events topic."""
    received: int = event["received_at"]
    created = read_time(event.get("created_at"))
    sent = event.get("sent_at")
    if type(sent) is not int or not PLAIN_MS < sent < ABSURD_MS:
        sent = parse_time(sent)
        sent = received if sent is None else sent
    skew = received - sent
    at, source = received, "server"
    if created is not None and created >= MIN_TIME_MS:
        healthy = abs(skew) < HEALTHY_MS
        corrected = created if healthy else created + skew
        if MIN_TIME_MS <= corrected <= received + HEALTHY_MS:
            at, source = corrected, "client" if healthy else "skew_corrected"
    historical = bool(event.get("historical")) or received - at > LIVE_MS
    return Clocks(at, created, sent, source, skew, historical)


def read_time(value: Any) -> int | None:
    """Return what `schemas.codec.parse_time` does; of the times that browsers write, only every minute's first is read by it."""
    if type(value) is not str or len(value) != 24 or value[19] != "." or value[23] != "Z" or not value.isascii():
        return parse_time(value)
    seconds, thousandths = value[MINUTE_CHARS:19], value[20:23]
    if not (seconds.isdigit() and thousandths.isdigit()) or seconds > "59":
        return parse_time(value)
    start = _minutes.get(value[:MINUTE_CHARS])
    if start is None:
        start = _start_of_minute(value)
    return None if start is None else start + int(seconds) * 1000 + int(thousandths)


def _start_of_minute(value: str) -> int | None:
    """Return when the minute of a time began, and remember it."""
    minute = value[:MINUTE_CHARS]
    start = parse_time(f"{minute}00.000Z")
    if start is not None:
        if len(_minutes) >= CACHED_MINUTES:
            _minutes.clear()
        _minutes[minute] = start
    return start
