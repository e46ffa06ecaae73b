"""The YAML of a scoring model, as it is written (docs/semantics.md, section 6)."""

from pydantic import Field, model_validator

from streams.core.lifecycle import LIFECYCLE
from streams.core.lifecycle_text import LifecycleText
from streams.core.model_text import Duration, Strict, Version
from streams.core.when_text import When

INTERESTS = "interests"
"""The score that interests are published as: its rules are the categories."""

RESERVED = {LIFECYCLE, INTERESTS}
"""Scores that are not made of rules."""


class CapText(Strict):
    """`max n per window per object`: the n earliest events of a window count. `object` names a field of the event."""

    count: int = Field(ge=1, le=1000, description="At most so many events count,")
    window: Duration = Field(description="in each window of this length, aligned to event time,")
    object: str = Field(default="", description="for each value of this field of the event, for example `url_path`; not given: in all.")


class TraitText(Strict):
    """A condition on the latest value of a trait: a glob over its text, or a number it must reach."""

    name: str = Field(description="The trait, as `identify` sends it.")
    matches: str | None = Field(default=None, description="A glob that its text must match: `*`, `?`, `{a,b}`.")
    at_least: float | None = Field(default=None, description="A number that it must reach.")


class RuleText(Strict):
    """One rule: points for events (`when`) or for a trait of the profile (`trait`)."""

    when: When | None = Field(default=None, description="Events that earn the points.")
    trait: TraitText | None = Field(default=None, description="A trait that earns the points; the latest value stands.")
    points: float = Field(description="Points; negative ones are taken off.")
    max: CapText | None = Field(default=None, description="How many events count; not given: all.")

    @model_validator(mode="after")
    def _one_condition(self) -> "RuleText":
        if (self.when is None) == (self.trait is None):
            raise ValueError("give a rule either `when` or `trait`")
        if self.trait and self.max:
            raise ValueError("a rule about a trait counts once and has no `max`")
        return self


class ScoreText(Strict):
    """One named score. Without `half_life` it does not decay. `bands` name the least value of each band."""

    half_life: Duration | None = Field(default=None, description="Time in which half of a value is forgotten; not given: nothing is.")
    floor: float = Field(default=0.0, description="The least that is shown.")
    ceiling: float = Field(default=100.0, description="The most that is shown.")
    bands: dict[str, float] = Field(min_length=1, description="The least value of each band, by its name.")
    rules: dict[str, RuleText] = Field(min_length=1, description="Rules by name: what a score is explained by.")

    @model_validator(mode="after")
    def _decay_or_traits(self) -> "ScoreText":
        if self.half_life and any(rule.trait for rule in self.rules.values()):
            raise ValueError("a score of traits does not decay: leave out `half_life`")
        return self


class InterestRuleText(Strict):
    """Points for a category. `category` names the fields of the event that may hold it; the first that does gives it.

    `max` counts per category: it has no `object`.
    """

    when: When = Field(description="Events that tell of an interest.")
    category: tuple[str, ...] = Field(min_length=1, description="Fields that may hold the category, for example `props.category`.")
    points: float = Field(description="Points for the category.")
    max: CapText | None = Field(default=None, description="How many events count for a category; not given: all.")

    @model_validator(mode="after")
    def _per_category(self) -> "InterestRuleText":
        if self.max and self.max.object:
            raise ValueError("the `max` of an interest counts per category: leave out `object`")
        return self


class InterestsText(Strict):
    """What somebody is interested in: a value that decays for each category that events are about."""

    half_life: Duration = Field(description="Time in which half of an interest is forgotten.")
    rules: dict[str, InterestRuleText] = Field(min_length=1, description="Rules by name.")


class ModelText(Strict):
    """The whole file."""

    version: Version
    scores: dict[str, ScoreText] = Field(min_length=1, description="Scores by name.")
    lifecycle: LifecycleText | None = Field(
        default=None, description="What moves somebody from stage to stage; not given: nobody has a stage."
    )
    interests: InterestsText | None = Field(default=None, description="What somebody is interested in.")

    @model_validator(mode="after")
    def _own_names(self) -> "ModelText":
        if taken := RESERVED & self.scores.keys():
            raise ValueError(f"a score cannot be called {min(taken)}: that name is taken")
        return self
