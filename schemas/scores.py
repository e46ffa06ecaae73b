"""Scores and their changes as published."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class ScoreReason(BaseModel):
    """What one rule contributes to a score at `updated_at`."""

    model_config = ConfigDict(extra="forbid")

    rule: str
    points: float


class Score(BaseModel):
    """The current state of one score of one subject; a tombstone when the subject left (merged or forgotten).

    At a later time t the shown value is `raw_value * 2^-(max(0, t - updated_at) / half_life_s)`, clamped to
    `floor..ceiling`, and 0 when smaller than 0.01. `half_life_s` 0 means no decay.
    """

    model_config = ConfigDict(extra="forbid")

    site: str
    subject: str = Field(description="`c:` + customer or `v:` + visitor.")
    customer_id: str = ""
    visitor_id: str = ""
    score: str
    value: float = Field(description="Shown value at `updated_at`.")
    raw_value: float = Field(description="Unclamped value at `updated_at`.")
    floor: float
    ceiling: float
    band: str
    stage: str = ""
    model_version: str
    half_life_s: float
    reasons: list[ScoreReason] = Field(description="The five strongest rules; of `interests` the twenty strongest categories.")
    updated_at: int = Field(description="Event time of the state, Unix milliseconds.")
    version: int = Field(description="Grows with every record of this subject.")


class ChangeReason(StrEnum):
    """Why a score changed."""

    EVENT = "event"
    DISPLACED = "displaced"
    MERGED = "merged"
    HANDED_OVER = "handed_over"
    DECAY = "decay"
    RELABELLED = "relabelled"
    SILENCE = "silence"
    HISTORY = "history"
    REBUILT = "rebuilt"
    MODEL = "model"


class ScoreChange(BaseModel):
    """One change of one score: `points` were added as of `event_time`. Points of a rule, decayed, sum to its contribution."""

    model_config = ConfigDict(extra="forbid")

    site: str
    subject: str
    score: str
    rule: str
    model_version: str
    event_id: str
    event_time: int = Field(description="Unix milliseconds.")
    points: float
    before: float = Field(description="Shown value before, at max(event_time, the state's time).")
    after: float
    band_before: str
    band_after: str
    reason: ChangeReason
    at: int = Field(description="When the cause was received, Unix milliseconds.")
    days_in_stage: float | None = Field(default=None, description="Of a move of the lifecycle: days in the stage before it.")
    skipped: list[str] = Field(default_factory=list, description="Of a move of the lifecycle: stages in between.")
