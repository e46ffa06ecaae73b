"""A subject that another model has scored becomes one of the model that runs now, when it is touched the first time.

What rules have earned that the new model has too, stays as it was earned; what it does not have is left out. The values are written
as rows of the new version (reason `model`), so that the rows of one version sum to its scores whatever its half-lives are. A replay
then makes them what the new model says of all stored events.
"""

from typing import Any

from schemas.scores import ChangeReason
from schemas.topics import SCORES
from streams.core import scores, stages
from streams.core.base import PARTS, TOLERANCE, Parts, difference
from streams.core.caps import WEIGHT
from streams.core.decay import Part, added, latest, total_at, value_at
from streams.core.lifecycle import LIFECYCLE, RULE
from streams.core.rulebook import HalfLives
from streams.core.scoring_model import Model
from streams.core.scoring_text import INTERESTS
from streams.core.session_shares import SCORES as SHARED
from streams.core.subject import Cause, Subject


def adapt(subject: Subject, before: HalfLives, at: int) -> None:
    """Go over to the model that runs. `before` are the half-lives of the model that the state was made by, where they are known."""
    model, value = subject.rules.model, subject.value
    for name in [name for name in value.get("bands", {}) if name not in model.scores]:
        _leave(subject, name)
    for entry in value.get("base", {}).values():
        entry[PARTS] = _kept(entry[PARTS], model, before, at)
    for share in value.get("sessions", {}).values():
        share[SHARED] = _kept(share[SHARED], model, before, at)
    value["scores"] = _kept(value.get("scores", {}), model, before, at)
    _drop_caps(subject)
    cause = Cause("", at, ChangeReason.MODEL)
    for name in sorted(value["scores"]):
        _carry(subject, name, cause)
    _learn_again(subject, cause)
    _move_again(subject, cause)
    for name in [name for name in value.get("bands", {}) if not value["scores"].get(name)]:
        _leave(subject, name)
    names = {trigger.name for trigger in subject.rules.triggers}
    value["triggers"] = {name: kept for name, kept in value.get("triggers", {}).items() if name in names}
    for name in [name for name in ("scores", "triggers", "caps", "traits") if not value.get(name)]:
        value.pop(name, None)


def _kept(parts: Parts, model: Model, before: HalfLives, at: int) -> Parts:
    """Return the parts whose rules the model has, as of `at` where a score decays at another pace now."""
    kept: Parts = {}
    for score, by_rule in parts.items():
        found = model.scores.get(score)
        was = before.get(score, found.half_life_ms) if found else 0
        for rule, part in by_rule.items():
            if found and _knows(model, score, rule):
                moved = part if was == found.half_life_ms else _as_of(part, max(at, int(part[1])), was)
                if abs(moved[0]) > TOLERANCE:
                    kept.setdefault(score, {})[rule] = moved
    return kept


def _knows(model: Model, score: str, rule: str) -> bool:
    if score in (LIFECYCLE, INTERESTS):
        return True  # moves and categories are no rules
    return f"{score}.{rule}" in model.rules or any(
        (one.score, one.name) == (score, rule) for found in model.by_trait.values() for one in found
    )


def _as_of(part: Part, at: int, half_life_ms: int) -> Part:
    return [value_at(part, at, half_life_ms), at]


def _leave(subject: Subject, name: str) -> None:
    """Remove a score that is nothing any more: by a tombstone where it was published."""
    subject.touched.discard(name)
    subject.value.get("scores", {}).pop(name, None)
    subject.value["bands"].pop(name)
    subject.out.write(SCORES, f"{subject.topic_key}:{name}", None)


def _drop_caps(subject: Subject) -> None:
    """Keep the windows of rules that still have such windows."""
    kept: dict[str, Any] = {}
    for key, windows in subject.value.get("caps", {}).items():
        rule = subject.rules.model.rules.get(key)
        cap = rule and (rule.weighed or rule.cap)
        if rule and cap:
            fields, most = (WEIGHT + 1, None) if rule.weighed else (WEIGHT, cap.count)
            kept[key] = {
                window: [entry[:fields] for entry in counted[:most]]
                for window, counted in windows.items()
                if int(window.partition("\0")[0]) % cap.window_ms == 0
            }
    subject.value["caps"] = kept


def _carry(subject: Subject, name: str, cause: Cause) -> None:
    """Write what a score consists of as rows of this version: what history adds, and the rest."""
    half_life, parts = subject.half_life_ms(name), subject.parts(name)
    for rule, part in sorted(parts.items()):
        history: Part | None = None
        for entry in subject.value.get("base", {}).values():
            based = entry[PARTS].get(name, {}).get(rule)
            history = added(history, based[0], int(based[1]), half_life) if based else history
        if history:
            _row(subject, (name, rule), history[0], int(history[1]), cause=cause._replace(reason=ChangeReason.HISTORY))
        points, at = difference(history, part, half_life)
        if points:
            _row(subject, (name, rule), points, at, cause=cause)
    subject.touched.add(name)


def _row(subject: Subject, rule: tuple[str, str], points: float, at: int, *, cause: Cause) -> None:
    """Write a row that changes nothing that is shown."""
    model, parts = subject.rules.model.scores[rule[0]], subject.parts(rule[0])
    raw = total_at(parts.values(), max(at, latest(parts.values())), model.half_life_ms)
    row = {"rule": rule[1], "event_id": "", "event_time": at, "points": points, "before": model.shown(raw), "after": model.shown(raw)}
    row |= {"band_before": model.band(raw), "band_after": model.band(raw), "reason": cause.reason.value, "at": cause.received_at}
    scores.write_row(subject, rule[0], row)


def _learn_again(subject: Subject, cause: Cause) -> None:
    """Give each trait what it earns by the rules of this model."""
    traits = {trait: fact for trait, fact in subject.value.get("traits", {}).items() if trait in subject.rules.model.by_trait}
    subject.value["traits"] = {}
    for trait, fact in traits.items():
        scores.learn(subject, trait, fact, cause)


def _move_again(subject: Subject, cause: Cause) -> None:
    """Find the moves of the lifecycle by the rules of this model."""
    state, lifecycle = subject.value.get("stages"), subject.rules.model.lifecycle
    if state is None:
        return
    if not lifecycle.rules:
        del subject.value["stages"]
        return
    state["marks"] = [mark for mark in state["marks"] if mark[RULE] in lifecycle.rules]
    stages.reconsider(subject, cause)
