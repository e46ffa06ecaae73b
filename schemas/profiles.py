"""What is known of one subject, for whoever reads it at once: the profile, and the facts that it is made of."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from schemas.preferences import Choice


class ProfileScore(BaseModel):
    """One score of a profile. Its value at a later time is read as that of a record of the scores topic (`schemas.scores.Score`)."""

    model_config = ConfigDict(extra="forbid")

    raw_value: float = Field(description="Unclamped value at `updated_at`.")
    floor: float
    ceiling: float
    half_life_s: float = Field(description="0: no decay.")
    band: str
    updated_at: int = Field(description="Event time, Unix milliseconds.")


class Interest(BaseModel):
    """One category: its points at the time of the profile's `interests` score, with which they decay."""

    model_config = ConfigDict(extra="forbid")

    category: str
    points: float


class Consent(BaseModel):
    """The latest choice. A refusal is stored without a person (docs/reference/privacy.md), so it is never told here."""

    model_config = ConfigDict(extra="forbid")

    choice: str
    at: int = Field(description="Event time, Unix milliseconds.")


class Profile(BaseModel):
    """What is known of one subject; a tombstone when nothing is left of it (merged or forgotten)."""

    model_config = ConfigDict(extra="forbid")

    site: str
    subject: str = Field(description="`c:` + customer or `v:` + visitor.")
    customer_id: str = ""
    visitor_id: str = ""
    stage: str = ""
    scores: dict[str, ProfileScore]
    interests: list[Interest] = Field(description="The twenty strongest categories, strongest first.")
    segments: dict[str, int] = Field(description="Segments that the subject is in, and since when (Unix milliseconds).")
    preferences: list[Choice] = Field(description="As on the preferences topic.")
    consent: Consent | None = None
    updated_at: int = Field(description="When the last fact or moment came that changed it, Unix milliseconds.")
    version: int = Field(description="Grows with every record of this subject.")


class ProfileFact(BaseModel):
    """One thing that has become known of a subject, or segments that a site publishes (`control`)."""

    model_config = ConfigDict(extra="forbid")

    control: Literal["segments"] | None = None
    fact: Literal["score", "preferences", "consent", "linked", "forgotten"] | None = None
    site: str
    subject: str = ""
    name: str = Field(default="", description="Of a score: its name.")
    value: Any = Field(default=None, description="What holds now; null: nothing any more.")
    partition: int = 0
    text: str = Field(default="", description="Of segments: the YAML.")
    at: int = Field(description="When it came, Unix milliseconds.")
