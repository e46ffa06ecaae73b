"""Scoring models: the YAML of a model, validated and compiled (docs/semantics.md, section 6)."""

import re
from dataclasses import dataclass
from typing import Any

from pydantic import Field, model_validator

from streams.core.lifecycle import LIFECYCLE, STAGES, Lifecycle, LifecycleText, compiled
from streams.core.matching import Matcher, When, glob, matcher_of
from streams.core.model_text import Duration, Strict, parse

RESERVED = {LIFECYCLE}
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


class ModelText(Strict):
    """The whole file."""

    version: str
    scores: dict[str, ScoreText] = Field(min_length=1)
    lifecycle: LifecycleText | None = None

    @model_validator(mode="after")
    def _own_names(self) -> "ModelText":
        if taken := RESERVED & self.scores.keys():
            raise ValueError(f"a score cannot be called {min(taken)}: that name is taken")
        return self


@dataclass(frozen=True, slots=True)
class Cap:
    """Compiled `CapText`; windows start at multiples of `window_ms` of event time."""

    count: int
    window_ms: int
    object: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule about events. `key` is unique in the model: score and name."""

    key: str
    score: str
    name: str
    points: float
    matcher: Matcher
    cap: Cap | None


@dataclass(frozen=True, slots=True)
class TraitRule:
    """A rule about a trait."""

    score: str
    name: str
    points: float
    matches: re.Pattern[str] | None
    at_least: float | None

    def holds(self, value: Any) -> bool:
        """True when a value of the trait earns the points."""
        if self.at_least is not None:
            return isinstance(value, (int, float)) and not isinstance(value, bool) and value >= self.at_least
        return self.matches is not None and isinstance(value, str) and bool(self.matches.fullmatch(value))


@dataclass(frozen=True, slots=True)
class ScoreModel:
    """How one score is read: its half-life (0: no decay), its clamp, and its bands, highest first."""

    half_life_ms: int
    floor: float
    ceiling: float
    bands: tuple[tuple[float, str], ...]

    def shown(self, raw: float) -> float:
        """Return what is shown for a raw value."""
        value = min(self.ceiling, max(self.floor, raw))
        return 0.0 if abs(value) < 0.01 else value

    def band(self, raw: float) -> str:
        """Return the band of a raw value."""
        value = self.shown(raw)
        return next((name for least, name in self.bands if value >= least), self.bands[-1][1])


@dataclass(frozen=True, slots=True)
class Model:
    """A compiled model: rules by kind of event, and by trait."""

    version: str
    scores: dict[str, ScoreModel]
    by_kind: dict[str, tuple[Rule, ...]]
    by_trait: dict[str, tuple[TraitRule, ...]]
    rules: dict[str, Rule]
    lifecycle: Lifecycle

    def is_about_events(self, score: str, rule: str) -> bool:
        """True when the model has this rule, and it is not about a trait."""
        return _name(score, rule) in self.rules


def read_model(text: str, name: str) -> Model:
    """Read a scoring model; `name` is the file's, for messages. Raises Misconfigured for anything that is wrong in it."""
    written = parse(ModelText, text, name)
    by_kind: dict[str, list[Rule]] = {}
    by_trait: dict[str, list[TraitRule]] = {}
    rules: dict[str, Rule] = {}
    for score, score_text in written.scores.items():
        for rule_name, rule_text in score_text.rules.items():
            if rule_text.when:
                rule = _rule(score, rule_name, rule_text, rule_text.when)
                rules[_name(score, rule_name)] = rule
                for kind in rule_text.when.kind:
                    by_kind.setdefault(kind.value, []).append(rule)
            if rule_text.trait:
                by_trait.setdefault(rule_text.trait.name, []).append(_trait_rule(score, rule_name, rule_text, rule_text.trait))
    return Model(
        version=written.version,
        scores={score: _score(score_text) for score, score_text in written.scores.items()} | _own_scores(written),
        by_kind={kind: tuple(found) for kind, found in by_kind.items()},
        by_trait={trait: tuple(found) for trait, found in by_trait.items()},
        rules=rules,
        lifecycle=compiled(written.lifecycle),
    )


def _own_scores(written: ModelText) -> dict[str, ScoreModel]:
    stages = tuple((float(number), name) for number, name in reversed(list(enumerate(STAGES))))
    return {LIFECYCLE: ScoreModel(0, 0.0, float(len(STAGES) - 1), stages)} if written.lifecycle else {}


def _name(score: str, rule: str) -> str:
    return f"{score}.{rule}"


def _rule(score: str, name: str, text: RuleText, when: When) -> Rule:
    cap = Cap(text.max.count, text.max.window, text.max.object) if text.max else None
    return Rule(_name(score, name), score, name, text.points, matcher_of(when), cap)


def _trait_rule(score: str, name: str, text: RuleText, trait: TraitText) -> TraitRule:
    pattern = glob(trait.matches) if trait.matches is not None else None
    return TraitRule(score, name, text.points, pattern, trait.at_least)


def _score(text: ScoreText) -> ScoreModel:
    bands = sorted(((least, band) for band, least in text.bands.items()), reverse=True)
    return ScoreModel(text.half_life or 0, text.floor, text.ceiling, tuple(bands))
