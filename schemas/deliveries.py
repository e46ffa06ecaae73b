"""The history of calls to webhooks."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class CallOutcome(StrEnum):
    """What came of a call."""

    DELIVERED = "delivered"
    REFUSED = "refused"
    FAILED = "failed"
    GIVEN_UP = "given_up"


class Delivery(BaseModel):
    """One call to one address, or the end of trying. It names no URL, no key and nothing of the body."""

    model_config = ConfigDict(extra="forbid")

    site: str
    address: str = Field(description="Name of the address in the settings.")
    signal_id: str = Field(description="The call's id; `test-` and a time for a test.")
    trigger: str = ""
    at: int = Field(description="When it was called, Unix milliseconds.")
    attempt: int = Field(description="Counts from 1, anew in each process that tries; 0 for a test or a retry by hand.")
    outcome: CallOutcome
    status: int = Field(default=0, description="HTTP status; 0: there was no answer.")
    took_ms: int = Field(default=0, description="From the call to the head of the answer.")
    problem: str = Field(default="", description="Why it was not accepted.")
    made_by: str = Field(default="", description="Who tested or retried by hand; empty: the lane.")
