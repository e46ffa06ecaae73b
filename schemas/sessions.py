"""Sessions as published: one record whenever a session opens, changes, closes or is superseded."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class SessionStatus(StrEnum):
    """What the record says happened to the session."""

    OPENED = "opened"
    UPDATED = "updated"
    CLOSED = "closed"
    SUPERSEDED = "superseded"


class CloseReason(StrEnum):
    """Why a session ended."""

    IDLE = "idle"
    MAX_AGE = "max_age"
    MAX_EVENTS = "max_events"


class Session(BaseModel):
    """The state of one session. Times are Unix milliseconds, durations milliseconds.

    The record with the highest `version` of a `session_id` is the truth. A superseded session carries `superseded_by`:
    its events belong to that session. `joined` lists events that were published without a session and now belong here.
    """

    model_config = ConfigDict(extra="forbid")

    session_id: str
    site: str
    visitor_id: str
    customer_id: str = ""
    status: SessionStatus
    version: int
    superseded_by: str = ""
    joined: list[str] = Field(default_factory=list)
    started_at: int
    ended_at: int = Field(description="Time of the last activity.")
    closed: bool = False
    close_reason: CloseReason | None = None
    events: int
    page_views: int
    clicks: int
    engaged_ms: int
    span_ms: int
    engaged: bool
    bounced: bool
    entry_path: str = ""
    exit_path: str = ""
    channel: str = ""
    utm_source: str = ""
    utm_medium: str = ""
    utm_campaign: str = ""
    country: str = ""
    device: str = ""
    traffic: str = "human"
    traffic_reasons: list[str] = Field(
        default_factory=list, description="Why its rate and shape are suspect; events have reasons of their own."
    )
    relabelled: bool = Field(default=False, description="Events of it may have a better label of their own: `traffic` stands, if worse.")
    value: float = 0.0
