"""What was turned away, and why: a closed set of reasons that is also the label of the metric."""

from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

ORIGINAL_MAX = 2048
"""Characters of the original that a rejected record keeps."""


class Reason(StrEnum):
    """Why an event was not accepted."""

    NOT_AN_OBJECT = "not_an_object"
    UNKNOWN_TYPE = "unknown_type"
    UNKNOWN_KIND = "unknown_kind"
    INVALID_EVENT = "invalid_event"
    NO_ID = "no_id"
    TOO_LARGE = "too_large"
    PLAN_VIOLATION = "plan_violation"
    ID_CONFLICT = "id_conflict"
    UNREADABLE = "unreadable"
    UNSTORABLE = "unstorable"
    NOT_STORED = "not_stored"
    UNDELIVERED = "undelivered"
    INVALID_MODEL = "invalid_model"


@dataclass(frozen=True, slots=True)
class Rejection:
    """One event turned away: the event's own fault, a value rather than an exception."""

    reason: Reason
    message: str
    event_id: str = ""
    index: int = 0
    original: str = ""


class RejectedRecord(BaseModel):
    """A record of the rejected topic."""

    model_config = ConfigDict(extra="forbid")

    site: str
    stage: str = Field(description="Which stage turned it away: collector, streams, sink, webhooks or import.")
    reason: Reason
    message: str = Field(description="What was wrong and what to change.")
    event_id: str = ""
    received_at: int = Field(description="Unix milliseconds.")
    original: str = Field(default="", description="The original, cut to 2,048 characters.")


def record_of(rejection: Rejection, *, site: str, stage: str, received_at: int) -> dict[str, str | int]:
    """Return the rejected topic's record of a rejection."""
    return {
        "site": site,
        "stage": stage,
        "reason": rejection.reason.value,
        "message": rejection.message,
        "event_id": rejection.event_id,
        "received_at": received_at,
        "original": rejection.original[:ORIGINAL_MAX],
    }
