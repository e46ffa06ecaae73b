"""The YAML of a scoring model, as it is written (docs/semantics.md, section 6)."""

from pydantic import Field, model_validator

from streams.core.lifecycle import LIFECYCLE, LifecycleText
from streams.core.matching import When
from streams.core.model_text import Duration, Strict

INTERESTS = "interests"
"""The score that interests are published as: its rules are the categories."""

RESERVED = {LIFECYCLE, INTERESTS}
"""Scores that are not made of rules."""


class CapText(Strict):
    """`max n per window per object`: the n earliest events of a window count. `object` names a field of the event."""

    count: int = Field(ge=1, le=1000)
    window: Duration
    object: str = ""


class TraitText(Strict):
    """A condition on the latest value of a trait: a glob over its text, or a number it must reach."""

    name: str
    matches: str | None = None
    at_least: float | None = None


class RuleText(Strict):
    """One rule: points for events (`when`) or for a trait of the profile (`trait`)."""

    when: When | None = None
    trait: TraitText | None = None
    points: float
    max: CapText | None = None

    @model_validator(mode="after")
    def _one_condition(self) -> "RuleText":
        if (self.when is None) == (self.trait is None):
            raise ValueError("give a rule either `when` or `trait`")
        if self.trait and self.max:
            raise ValueError("a rule about a trait counts once and has no `max`")
        return self


class ScoreText(Strict):
    """One named score. Without `half_life` it does not decay. `bands` name the least value of each band."""

    half_life: Duration | None = None
    floor: float = 0.0
    ceiling: float = 100.0
    bands: dict[str, float] = Field(min_length=1)
    rules: dict[str, RuleText] = Field(min_length=1)

    @model_validator(mode="after")
    def _decay_or_traits(self) -> "ScoreText":
        if self.half_life and any(rule.trait for rule in self.rules.values()):
            raise ValueError("a score of traits does not decay: leave out `half_life`")
        return self


class InterestRuleText(Strict):
    """Points for a category. `category` names the fields of the event that may hold it; the first that does gives it.

    `max` counts per category: it has no `object`.
    """

    when: When
    category: tuple[str, ...] = Field(min_length=1)
    points: float
    max: CapText | None = None

    @model_validator(mode="after")
    def _per_category(self) -> "InterestRuleText":
        if self.max and self.max.object:
            raise ValueError("the `max` of an interest counts per category: leave out `object`")
        return self


class InterestsText(Strict):
    """What somebody is interested in: a value that decays for each category that events are about."""

    half_life: Duration
    rules: dict[str, InterestRuleText] = Field(min_length=1)


class ModelText(Strict):
    """The whole file."""

    version: str
    scores: dict[str, ScoreText] = Field(min_length=1)
    lifecycle: LifecycleText | None = None
    interests: InterestsText | None = None

    @model_validator(mode="after")
    def _own_names(self) -> "ModelText":
        if taken := RESERVED & self.scores.keys():
            raise ValueError(f"a score cannot be called {min(taken)}: that name is taken")
        return self
