"""Scoring models, compiled (docs/semantics.md, section 6)."""

import re
from dataclasses import dataclass
from typing import Any

from streams.core.lifecycle import LIFECYCLE, STAGES, Lifecycle, compiled
from streams.core.mail_hits import HITS
from streams.core.matching import FieldPath, Matcher, glob, matcher_of, path_of
from streams.core.model_text import parse
from streams.core.rules import DAY_MS
from streams.core.scoring_text import INTERESTS, InterestsText, ModelText, RuleText, ScoreText, TraitText
from streams.core.when_text import When

NO_CEILING = 1e9
"""Interests grow without a clamp."""


@dataclass(frozen=True, slots=True)
class Cap:
    """Compiled `CapText`; windows start at multiples of `window_ms` of event time."""

    count: int
    window_ms: int
    object: str


UNCAPPED = Cap(1_000_000, DAY_MS, "")


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule about events. `key` is unique in the model: score and name.

    `category` is empty but for a rule of interests: there it holds the places where the category may stand. `weighed` is set for a
    rule about hits of e-mails, whose weight may change: the cap by which it keeps them all.
    """

    key: str
    score: str
    name: str
    points: float
    matcher: Matcher
    cap: Cap | None
    category: tuple[FieldPath, ...] = ()
    weighed: Cap | None = None


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
        if raw > self.ceiling:
            raw = self.ceiling
        elif raw < self.floor:
            raw = self.floor
        return 0.0 if -0.01 < raw < 0.01 else raw

    def band(self, raw: float) -> str:
        """Return the band of a raw value."""
        return self.band_of(self.shown(raw))

    def band_of(self, value: float) -> str:
        """Return the band of a value that is shown."""
        for least, name in self.bands:
            if value >= least:
                return name
        return self.bands[-1][1]

    def least(self, band: str) -> float:
        """Return the least value of a band, 0 for one that the model has not."""
        for least, name in self.bands:
            if name == band:
                return least
        return 0.0


@dataclass(frozen=True, slots=True)
class Model:
    """A compiled model: rules by kind of event, and by trait."""

    version: str
    scores: dict[str, ScoreModel]
    by_kind: dict[str, tuple[Rule, ...]]
    by_trait: dict[str, tuple[TraitRule, ...]]
    interests: dict[str, tuple[Rule, ...]]
    """Rules of interests by kind of event."""
    rules: dict[str, Rule]
    lifecycle: Lifecycle

    def is_about_events(self, score: str, rule: str) -> bool:
        """True when the model has this rule (or these interests), and it is not about a trait."""
        return _name(score, rule) in self.rules or (score == INTERESTS and bool(self.interests))


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
    interests = _interests(written.interests)
    return Model(
        version=written.version,
        scores={score: _score(score_text) for score, score_text in written.scores.items()} | _own_scores(written),
        by_kind={kind: tuple(found) for kind, found in by_kind.items()},
        by_trait={trait: tuple(found) for trait, found in by_trait.items()},
        interests={
            kind: tuple(rule for rule, kinds in interests if kind in kinds) for kind in {k for _, kinds in interests for k in kinds}
        },
        rules=rules | {rule.key: rule for rule, _ in interests},
        lifecycle=compiled(written.lifecycle),
    )


def _own_scores(written: ModelText) -> dict[str, ScoreModel]:
    found = {}
    if written.lifecycle:
        stages = tuple((float(number), name) for number, name in reversed(list(enumerate(STAGES))))
        found[LIFECYCLE] = ScoreModel(0, 0.0, float(len(STAGES) - 1), stages)
    if written.interests:
        found[INTERESTS] = ScoreModel(written.interests.half_life, 0.0, NO_CEILING, ((0.0, ""),))
    return found


def _interests(text: InterestsText | None) -> list[tuple[Rule, frozenset[str]]]:
    found = []
    for name, one in text.rules.items() if text else ():
        cap = Cap(one.max.count, one.max.window, "") if one.max else None
        places, weighed = tuple(map(path_of, one.category)), _weighed(one.when, cap)
        rule = Rule(_name(INTERESTS, name), INTERESTS, name, one.points, matcher_of(one.when), cap, places, weighed)
        found.append((rule, frozenset(kind.value for kind in one.when.kind)))
    return found


def _name(score: str, rule: str) -> str:
    return f"{score}.{rule}"


def _rule(score: str, name: str, text: RuleText, when: When) -> Rule:
    cap = Cap(text.max.count, text.max.window, text.max.object) if text.max else None
    return Rule(_name(score, name), score, name, text.points, matcher_of(when), cap, weighed=_weighed(when, cap))


def _weighed(when: When, cap: Cap | None) -> Cap | None:
    """Return the cap by which a rule keeps hits of e-mails: its own, else one that leaves nothing out; None where it is about none."""
    return (cap or UNCAPPED) if HITS & {kind.value for kind in when.kind} else None


def _trait_rule(score: str, name: str, text: RuleText, trait: TraitText) -> TraitRule:
    pattern = glob(trait.matches) if trait.matches is not None else None
    return TraitRule(score, name, text.points, pattern, trait.at_least)


def _score(text: ScoreText) -> ScoreModel:
    bands = sorted(((least, band) for band, least in text.bands.items()), reverse=True)
    return ScoreModel(text.half_life or 0, text.floor, text.ceiling, tuple(bands))
