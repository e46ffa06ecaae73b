"""What a customer wants to hear of, and what must not be sent."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Choice(BaseModel):
    """The latest choice about one topic of one channel."""

    model_config = ConfigDict(extra="forbid")

    channel: str = Field(description="`email`, unless the event says otherwise.")
    topic: str = Field(description="`all` stands for every topic without a choice of its own.")
    opt: Literal["in", "out"]
    source: str = Field(description="`page`, `one_click`, `provider`, `complaint`, `bounce`, or what the event says.")
    at: int = Field(description="Event time, Unix milliseconds.")
    event_id: str


class Preferences(BaseModel):
    """All choices of one customer that still hold: of a topic the latest, and none that is older than one about `all`. A tombstone when the customer was forgotten."""

    model_config = ConfigDict(extra="forbid")

    site: str
    customer_id: str
    choices: list[Choice] = Field(description="By channel and topic.")
