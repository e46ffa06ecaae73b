"""Signals as published: a trigger fired for somebody."""

from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class SignalStatus(StrEnum):
    """What became of the signal. Only `fired` goes out as an alert."""

    FIRED = "fired"
    SUPPRESSED_LATE = "suppressed_late"
    SUPPRESSED_COOLDOWN = "suppressed_cooldown"
    SUPPRESSED_QUIET = "suppressed_quiet"
    WITHDRAWN = "withdrawn"


class Signal(BaseModel):
    """One result of a trigger. Consumers deduplicate on `signal_id`; the highest `revision` of it is the truth."""

    model_config = ConfigDict(extra="forbid")

    signal_id: str
    site: str
    subject: str
    customer_id: str = ""
    visitor_id: str = ""
    trigger: str
    version: str = Field(description="Version of the trigger.")
    event_id: str = Field(description="The event that completed the count, that was waited from, or that moved the score; else empty.")
    fired_at: int = Field(description="Event time of that event, of an absence the end of the wait, Unix milliseconds.")
    status: SignalStatus
    reason: str
    payload: dict[str, Any] = Field(
        description="`url_path` of the event, and by sort `count`, `within_s`, `distinct_by`; `score`, `reaches`, `value`, `direction`."
    )
    at: int = Field(description="When its cause was received, Unix milliseconds.")
    revision: int
