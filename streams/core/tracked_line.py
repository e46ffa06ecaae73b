"""The fields of a line of the tracked topic with their types, and what control lines must have (read by `streams.core.tracked_reading`)."""

from typing import Any, Required, TypedDict

import msgspec

Line = dict[str, Any]

CONTROLS = frozenset({None, "link", "handover", "forward", "label", "verdict", "clicked", "landed", "click_confirmed", "chosen"})
CONTROL_FIELDS = ("event_id", "site", "visitor_id", "customer_id", "kind", "event_time", "sent_at", "received_at", "ts_source", "skew_ms")
"""What every control line has."""


class _TrackedLine(TypedDict, total=False):
    """The fields of `schemas.events.TrackedEvent`. Reading drops a field that is not here; a test compares the two."""

    event_id: Required[str]
    site: Required[str]
    kind: Required[str]
    event_time: Required[int]
    received_at: Required[int]
    control: str | None
    visitor_id: str
    customer_id: str
    session_id: str
    name: str
    created_at: int | None
    sent_at: int
    ts_source: str
    skew_ms: int
    historical: bool
    url: str
    url_host: str
    url_path: str
    title: str
    referrer: str
    referrer_class: str
    utm_source: str
    utm_medium: str
    utm_campaign: str
    utm_term: str
    utm_content: str
    click_id: str
    channel: str
    user_agent: str
    browser: str
    os: str
    device: str
    ip: str
    country: str
    language: str
    screen_width: int
    screen_height: int
    traffic: str
    traffic_reasons: list[str]
    email_label: str
    revision: int
    consent: str
    pageview_id: str
    seq: int
    engaged_ms: int
    scroll_pct: int
    value: float
    currency: str
    message_id: str
    previous_id: str
    group_id: str
    library: str
    traits: dict[str, Any] | None
    props: dict[str, Any]


FIELDS = frozenset(_TrackedLine.__annotations__)
decode = msgspec.json.Decoder(_TrackedLine).decode
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError)
"""What `decode` raises."""
