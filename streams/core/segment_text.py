"""The YAML of segments, as it is written (docs/reference/segments.md)."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from streams.core.model_text import Duration, Strict, Version
from streams.core.trigger_text import Names, StageNames

LEAST = 0.01
"""A score below it shows as 0, so nothing smaller can be asked for."""

MAX_SEGMENTS = 200
MAX_CONDITIONS = 20

SegmentName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
Limit = Annotated[float, Field(ge=LEAST)]


class PreferenceText(Strict):
    """A choice about what to hear of. Without one about the topic, that about all topics stands; without both it is `in`."""

    channel: str = Field(default="email", min_length=1, description="Channel.")
    topic: str = Field(default="all", min_length=1, description="Topic; `all`: every topic without a choice of its own.")
    opt: Literal["in", "out"] = Field(description="What was chosen.")


class ConditionText(Strict):
    """One condition: one of the things below, and what it must be."""

    score: str | None = Field(default=None, min_length=1, description="A score: `at_least`, `below` or `band`.")
    at_least: Limit | None = Field(default=None, description="Of a score or an interest: this value or more.")
    below: Limit | None = Field(default=None, description="Of a score or an interest: less than this value.")
    band: Names | None = Field(default=None, description="Of a score: one of these bands.")
    stage: StageNames | None = Field(default=None, description="Stages of the lifecycle, one of them; `none`: none reached yet.")
    interest: str | None = Field(default=None, min_length=1, description="A category, in lower case: `at_least` or `below`.")
    top_interest: Names | None = Field(default=None, description="The strongest category is one of these.")
    active_within: Duration | None = Field(default=None, description="A score has changed by an event in this time.")
    consent: Names | None = Field(default=None, description="The latest consent is one of these.")
    preference: PreferenceText | None = Field(default=None, description="What the customer wants to hear of.")
    customer: bool | None = Field(default=None, description="`true`: who they are is known; `false`: it is not.")

    @model_validator(mode="after")
    def _one_thing(self) -> "ConditionText":
        told = [name for name in THINGS if getattr(self, name) is not None]
        if len(told) != 1:
            raise ValueError(f"a condition is about one of {', '.join(THINGS)}" + (f", not {' and '.join(told)}" if told else ""))
        limits = [name for name in ("at_least", "below", "band") if getattr(self, name) is not None]
        allowed = LIMITS.get(told[0], ())
        if len(limits) != (1 if allowed else 0) or not set(limits) <= set(allowed):
            raise ValueError(f"`{told[0]}` takes {'one of ' + ', '.join(allowed) if allowed else 'no at_least, below or band'}")
        return self


THINGS = ("score", "stage", "interest", "top_interest", "active_within", "consent", "preference", "customer")
LIMITS = {"score": ("at_least", "below", "band"), "interest": ("at_least", "below")}

Conditions = Annotated[tuple[ConditionText, ...], Field(max_length=MAX_CONDITIONS)]


class SegmentText(Strict):
    """One segment: who meets what is listed."""

    description: str = Field(default="", max_length=500, description="For people.")
    all: Conditions = Field(default=(), description="Each of these holds.")
    any: Conditions = Field(default=(), description="One of these holds, at least.")
    none: Conditions = Field(default=(), description="None of these holds.")

    @model_validator(mode="after")
    def _some_condition(self) -> "SegmentText":
        if not (self.all or self.any or self.none):
            raise ValueError("a segment without conditions holds everybody: write `all`, `any` or `none`")
        return self


class SegmentsText(Strict):
    """The whole file."""

    version: Version
    segments: Annotated[Mapping[SegmentName, SegmentText], Field(max_length=MAX_SEGMENTS)] = Field(description="Segments by name.")
