"""Events: as the collector accepts them, and as the visitors agent enriches them.

A field that has no value is absent on the wire. Times made by footprint are integers of Unix milliseconds.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from schemas.kinds import Kind

MAX_EVENT_BYTES = 64 * 1024
"""One event, as sent."""


class Event(BaseModel):
    """A value of the events topic: what the collector accepted.

    `created_at` and `sent_at` are kept as the caller sent them and read by the streams. `content_hash` covers what the
    caller sent, without `sentAt`, `_metadata` and facts of the request: the same id with another content is a conflict.
    `user_agent` is the visitor's; a server's HTTP client is nobody's user agent and is left out.
    """

    model_config = ConfigDict(extra="forbid")

    event_id: str
    site: str
    visitor_id: str | None = None
    customer_id: str | None = None
    kind: Kind
    name: str = ""
    created_at: str | float | None = None
    sent_at: str | float | None = None
    received_at: int
    historical: bool = Field(default=False, description="Sent as history: stored, never live.")
    content_hash: str = Field(description="16 hex digits.")
    ip: str | None = Field(default=None, description="Truncated to /24 or /48.")
    user_agent: str | None = None
    library: str | None = None
    url: str | None = None
    title: str | None = None
    referrer: str | None = None
    language: str | None = None
    screen_width: int | None = None
    screen_height: int | None = None
    pageview_id: str | None = None
    seq: int | None = None
    engaged_ms: int | None = None
    scroll_pct: int | None = None
    value: float | None = None
    currency: str | None = None
    consent: str | None = None
    webdriver: bool = False
    previous_id: str | None = Field(default=None, description="The id an alias links from.")
    group_id: str | None = None
    message_id: str | None = Field(default=None, description="The e-mail an e-mail event is about.")
    traits: dict[str, Any] | None = None
    props: dict[str, Any] = Field(default_factory=dict)


class TrackedEvent(BaseModel):
    """A value of the tracked topic: an event with its clocks, session, customer, labels and derived facts.

    `email_label` is that of an e-mail's open or click. Lines with `control` are not events: `link` tells the visitor's subject
    that it belongs to a customer, `handover` carries the visitor's score state to the customer (in `props`), `forward` an event
    that came for the visitor after that, `label` says that a session got another label (in `props`), `verdict` that an e-mail's
    open or click did (the highest `revision` stands); `clicked`, `landed` and `click_confirmed` find out whose click led to a page that was
    read (its id is `click_id`). The controls `forget`, `base`, `rescore` and `model` have fields of their own. Readers of events skip all
    of them.
    """

    model_config = ConfigDict(extra="forbid")

    control: Literal["link", "handover", "forward", "label", "verdict", "clicked", "landed", "click_confirmed"] | None = None
    event_id: str
    site: str
    visitor_id: str = ""
    customer_id: str = ""
    session_id: str = ""
    kind: Kind
    name: str = ""
    event_time: int
    created_at: int | None = None
    sent_at: int
    received_at: int
    ts_source: Literal["client", "skew_corrected", "server"]
    skew_ms: int
    historical: bool = False
    url: str = ""
    url_host: str = ""
    url_path: str = ""
    title: str = ""
    referrer: str = ""
    referrer_class: str = ""
    utm_source: str = ""
    utm_medium: str = ""
    utm_campaign: str = ""
    utm_term: str = ""
    utm_content: str = ""
    click_id: str = ""
    channel: str = ""
    user_agent: str = ""
    browser: str = ""
    os: str = ""
    device: str = ""
    ip: str = ""
    country: str = ""
    language: str = ""
    screen_width: int = 0
    screen_height: int = 0
    traffic: Literal["human", "bot", "suspect"] = "human"
    traffic_reasons: list[str] = Field(default_factory=list)
    email_label: Literal["", "human", "unknown", "proxied", "machine_probable", "machine_certain"] = ""
    revision: int = Field(default=0, description="Of a `verdict`: grows with every correction of one hit.")
    consent: str = ""
    pageview_id: str = ""
    seq: int = 0
    engaged_ms: int = 0
    scroll_pct: int = 0
    value: float = 0.0
    currency: str = ""
    message_id: str = ""
    previous_id: str = ""
    group_id: str = ""
    library: str = ""
    traits: dict[str, Any] | None = None
    props: dict[str, Any] = Field(default_factory=dict)
