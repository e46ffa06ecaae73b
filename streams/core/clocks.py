"""When an event happened, from three clocks (docs/semantics.md, section 1)."""

from typing import Any, NamedTuple

from schemas.codec import MIN_TIME_MS, parse_time
from streams.core.rules import LIVE_MS, MINUTE_MS

HEALTHY_MS = 5 * MINUTE_MS
"""How far a client's clock may be off, and how far an event may lie in the future."""

PLAIN_MS = 10**12
ABSURD_MS = 10**15
"""A whole number between the two is in milliseconds, and needs no reading."""


class Clocks(NamedTuple):
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
    created = parse_time(event.get("created_at"))
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
