"""Where somebody stands by a model: every score's value and band at a time, from all stored events, and what each rule is worth in it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from streams.core.decay import Part, added, total_at, value_at
from streams.core.history import Event, base_of, live_state
from streams.core.scoring_model import ScoreModel
from streams.core.subject import SubjectRules


@dataclass(frozen=True, slots=True)
class Standing:
    """One score of one subject: the value as shown, its band, and points by rule."""

    value: float
    band: str
    points: dict[str, float] = field(default_factory=dict)


def standings(site: str, subject: str, events: Sequence[Event], rules: SubjectRules, *, now_ms: int) -> dict[str, Standing]:
    """Return where a subject stands in every score of the model, by live events and by the history of each owner."""
    state = live_state(site, subject, events, rules)
    parts = {name: dict(found) for name, found in state.get("scores", {}).items()}
    for owner, history in _history_by_owner(events).items():
        base = base_of(site, owner, history, rules, now_ms=now_ms)
        for name, found in base.parts.items():
            for rule, part in found.items():
                own = parts.setdefault(name, {})
                own[rule] = added(own.get(rule), part[0], int(part[1]), rules.model.scores[name].half_life_ms)
    return {name: _standing(parts.get(name, {}), model, now_ms) for name, model in rules.model.scores.items()}


def _standing(parts: dict[str, Part], model: ScoreModel, now_ms: int) -> Standing:
    raw = total_at(parts.values(), now_ms, model.half_life_ms)
    points = {rule: value_at(part, now_ms, model.half_life_ms) for rule, part in parts.items()}
    return Standing(model.shown(raw), model.band(raw), points)


def _history_by_owner(events: Iterable[Event]) -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = {}
    for event in events:
        if event.get("historical"):
            owner = f"v:{event['visitor_id']}" if event.get("visitor_id") else f"c:{event.get('customer_id', '')}"
            found.setdefault(owner, []).append(event)
    return found
