"""Scores of a subject: every change is a row, the current value a record (docs/semantics.md, section 6)."""

from typing import Any, NamedTuple

from schemas.kinds import Kind
from schemas.scores import ChangeReason
from schemas.topics import SCORE_CHANGES, SCORES
from streams.core.caps import EVENT_ID, Windows, count_in, forget, reweigh, weight_of, window_of
from streams.core.decay import Part, added, falls_below, latest, total_at, value_at
from streams.core.interests import MAX_CATEGORIES, TOP_INTERESTS, categories_of
from streams.core.lifecycle import DORMANT, LIFECYCLE, STAGES
from streams.core.scoring_model import UNCAPPED, Rule
from streams.core.scoring_text import INTERESTS
from streams.core.session_shares import is_machine, share
from streams.core.subject import Cause, Subject
from streams.core.totals import Order, order_of

TOP_REASONS = 5
FALLS_AT = 2
"""Of a published band `[band, time, when it falls or 0]`."""

MAX_TRAIT = 256
"""Characters of a trait that are kept."""


def score(subject: Subject, event: dict[str, Any], cause: Cause) -> None:
    """Apply the model's rules to one human, live event."""
    model, kind = subject.rules.model, event["kind"]
    order = [*order_of(event), cause.session]
    for rule in model.by_kind.get(kind, ()):
        if rule.matcher.matches(event) and _is_within(subject, rule, event, order=order):
            earn(subject, (rule.score, rule.name), rule.points, event["event_time"], cause=cause)
    for rule in model.interests.get(kind, ()):
        if rule.matcher.matches(event):
            for category in categories_of(event, rule.category):
                if _is_within(subject, rule, event, order=order, category=category):
                    earn(subject, (INTERESTS, category), rule.points, event["event_time"], cause=cause)
                    _keep_strongest(subject, category, cause)
    if kind == Kind.IDENTIFY and event.get("traits"):
        for trait, value in event["traits"].items():
            learn(subject, trait, [order[:-1], value], cause)


def _is_within(subject: Subject, rule: Rule, event: dict[str, Any], *, order: Order, category: str = "") -> bool:
    """Count an event within the cap of a rule, which may displace a later one; True when it counts."""
    cap = rule.cap
    if cap is None:
        return True
    if rule.weighed is not None:
        _weigh(subject, rule, Weighed(event, 1.0, Cause(order[3], event["received_at"], session=order[4])), category=category)
        return False
    caps: dict[str, Windows] | None = subject.value.get("caps")
    if caps is None:
        caps = subject.value["caps"] = {}
    windows = caps.get(rule.key)
    if windows is None:
        windows = caps[rule.key] = {}
    window = window_of(cap, event, category)
    counted = windows.get(window)
    if counted is None:
        forget(windows, cap, event["received_at"])
        windows[window] = [order]
        return True
    counts, displaced = count_in(counted, order, cap.count)
    if displaced:
        take_back(subject, rule, window, displaced, event["received_at"])
    return counts


class Weighed(NamedTuple):
    """An event and the weight that it counts with from now on; `cause` names its session too."""

    event: dict[str, Any]
    weight: float
    cause: Cause


def weigh(subject: Subject, hit: Weighed) -> None:
    """Have a hit of an e-mail count with a weight, whatever it counted with before."""
    model, event = subject.rules.model, hit.event
    for rule in model.by_kind.get(event["kind"], ()):
        if rule.matcher.matches(event):
            _weigh(subject, rule, hit)
    for rule in model.interests.get(event["kind"], ()):
        if rule.matcher.matches(event):
            for category in categories_of(event, rule.category):
                _weigh(subject, rule, hit, category=category)


def _weigh(subject: Subject, rule: Rule, hit: Weighed, *, category: str = "") -> None:
    """Give an event another weight within the window of a rule about hits, and earn what that changes for it and for others."""
    event, weight, cause = hit
    cap, windows = rule.weighed or UNCAPPED, subject.value.setdefault("caps", {}).setdefault(rule.key, {})
    window = window_of(cap, event, category)
    if window not in windows:
        forget(windows, cap, cause.received_at)
    entries = windows.setdefault(window, [])
    part = category if rule.category else rule.name
    for entry, grown in reweigh(entries, [*order_of(event), cause.session], weight, cap.count):
        own = entry[EVENT_ID] == event["event_id"]
        reason = cause.reason if own else ChangeReason.DISPLACED if grown < 0 else ChangeReason.RELABELLED
        why = Cause(entry[EVENT_ID], cause.received_at, reason, entry[4])
        earn(subject, (rule.score, part), rule.points * grown, entry[0], cause=why)
        if rule.category and grown > 0:
            _keep_strongest(subject, category, cause)
    if not entries:
        del windows[window]


def take_back(subject: Subject, rule: Rule, window: str, order: Order, received_at: int) -> None:
    """Write the compensating row of a counted event, with the session it was of, that no longer counts."""
    cause = Cause(order[3], received_at, ChangeReason.DISPLACED, order[4])
    part = window.partition("\0")[2] if rule.category else rule.name
    earn(subject, (rule.score, part), -rule.points * weight_of(order), order[0], cause=cause)


def _keep_strongest(subject: Subject, category: str, cause: Cause) -> None:
    """Leave the weakest category where there are too many."""
    parts = subject.parts(INTERESTS)
    if len(parts) > MAX_CATEGORIES and category in parts:
        at, half_life = latest(parts.values()), subject.half_life_ms(INTERESTS)
        weakest = min(parts, key=lambda name: (abs(value_at(parts[name], at, half_life)), name))
        points, since = parts[weakest]
        change(subject, (INTERESTS, weakest), -points, int(since), cause=cause._replace(reason=ChangeReason.DISPLACED))
        del parts[weakest]


def earn(subject: Subject, rule: tuple[str, str], points: float, at: int, *, cause: Cause) -> None:
    """Add points that an event earned: to the share of its session, and to the score unless a machine was in it."""
    if cause.session:
        share(subject, cause.session, rule, points, at)
    if not is_machine(subject, cause.session):
        change(subject, rule, points, at, cause=cause)


def learn(subject: Subject, trait: str, fact: list[Any], cause: Cause) -> None:
    """Take in a trait `[order of its event, value]`: the latest stands. A value that is no text or number earns nothing."""
    rules = subject.rules.model.by_trait.get(trait, ())
    if not rules:
        return
    order, value = fact
    value = value[:MAX_TRAIT] if isinstance(value, str) else value
    value = value if isinstance(value, (str, int, float)) else None
    traits = subject.value.setdefault("traits", {})
    if trait in traits and traits[trait][0] >= order:
        return
    traits[trait] = [order, value]
    for rule in rules:
        part = subject.parts(rule.score).get(rule.name)
        points = (rule.points if rule.holds(value) else 0.0) - (part[0] if part else 0.0)
        if points:
            change(subject, (rule.score, rule.name), points, order[0], cause=cause)


def change(subject: Subject, rule: tuple[str, str], points: float, at: int, *, cause: Cause) -> None:
    """Add points of a rule (score, name) as of a time, and write the row."""
    name, part = rule
    model, parts = subject.rules.model.scores[name], subject.parts(name)
    half_life = model.half_life_ms
    moment = max(at, latest(parts.values()))
    own = parts.pop(part, None)
    others = total_at(parts.values(), moment, half_life)
    before = model.shown(others + value_at(own, moment, half_life) if own else others)
    parts[part] = own = added(own, points, at, half_life)
    after = model.shown(others + value_at(own, moment, half_life))
    subject.touched.add(name)
    row = {
        "site": subject.site,
        "subject": subject.name,
        "score": name,
        "model_version": subject.rules.model.version,
        "rule": part,
        "event_id": cause.event_id,
        "event_time": at,
        "points": points,
        "before": before,
        "after": after,
        "band_before": model.band_of(before),
        "band_after": model.band_of(after),
        "reason": cause.reason.value,
        "at": cause.received_at,
    }
    subject.out.write(SCORE_CHANGES, subject.topic_key, row)


def write_row(subject: Subject, name: str, row: dict[str, Any]) -> None:
    """Write one row of `score-changes`."""
    whose = {"site": subject.site, "subject": subject.name, "score": name, "model_version": subject.rules.model.version}
    subject.out.write(SCORE_CHANGES, subject.topic_key, whose | row)


def publish(subject: Subject) -> None:
    """Write the record of every score that was touched, in order of their names."""
    if subject.touched:
        stage = STAGES[stage_number(subject)]
        for name in sorted(subject.touched):
            _publish_at(subject, name, latest(subject.parts(name).values()), stage)
        subject.touched.clear()


def _publish_at(subject: Subject, name: str, at: int, stage: str) -> None:
    model, parts, value = subject.rules.model.scores[name], subject.parts(name), subject.value
    half_life = model.half_life_ms
    shares = [(rule, value_at(part, at, half_life)) for rule, part in parts.items()]
    raw = sum([points for _, points in shares])
    shown = model.shown(raw)
    band = DORMANT if name == LIFECYCLE and value.get("stages", {}).get("dormant") else model.band_of(shown)
    value["version"] = version = value.get("version", 0) + 1
    value.setdefault("bands", {})[name] = [band, at, falls_below(raw, at, model.least(band), half_life) or 0]
    record = {
        "site": subject.site,
        "subject": subject.name,
        **subject.ids,
        "score": name,
        "value": shown,
        "raw_value": raw,
        "floor": model.floor,
        "ceiling": model.ceiling,
        "band": band,
        "stage": stage,
        "model_version": subject.rules.model.version,
        "half_life_s": half_life / 1000,
        "reasons": _strongest(shares, TOP_INTERESTS if name == INTERESTS else TOP_REASONS),
        "updated_at": at,
        "version": version,
    }
    subject.out.write(SCORES, f"{subject.topic_key}:{name}", record)


def _strongest(shares: list[tuple[str, float]], most: int) -> list[dict[str, Any]]:
    found = [(-abs(points), rule, points) for rule, points in shares if not -0.01 < points < 0.01]
    if len(found) > 1:
        found.sort()
    return [{"rule": rule, "points": round(points, 4)} for _, rule, points in found[:most]]


def stage_number(subject: Subject) -> int:
    """Return the number of the subject's stage: the value of its lifecycle."""
    return round(raw_at(subject, LIFECYCLE, 0))


def latest_of(subject: Subject, name: str) -> int:
    """Return the time of the last change of a score, 0 for none."""
    return latest(subject.value.get("scores", {}).get(name, {}).values())


def raw_at(subject: Subject, name: str, at: int) -> float:
    """Return the unclamped value of a score at a time."""
    parts: dict[str, Part] = subject.value.get("scores", {}).get(name, {})
    return total_at(parts.values(), at, subject.half_life_ms(name))


def shown_at(subject: Subject, name: str, at: int) -> float:
    """Return what a score shows at a time."""
    return subject.rules.model.scores[name].shown(raw_at(subject, name, at))


def band_at(subject: Subject, name: str, at: int) -> str:
    """Return the band of a score at a time."""
    return subject.rules.model.scores[name].band(raw_at(subject, name, at))


def retract(subject: Subject) -> None:
    """Remove every published score of the subject by tombstones."""
    for name in subject.value.get("bands", {}):
        subject.out.write(SCORES, f"{subject.topic_key}:{name}", None)


def next_fall(subject: Subject) -> int | None:
    """Return when the first score falls out of its published band without any event, None for never."""
    falls = [band[FALLS_AT] for band in subject.value.get("bands", {}).values() if band[FALLS_AT]]
    return min(falls, default=None)


def fall(subject: Subject, now_ms: int) -> None:
    """Publish the scores that have fallen out of their band by now, one row for each fall."""
    bands = subject.value.get("bands", {})
    for name in list(bands):
        while 0 < (at := bands[name][FALLS_AT]) <= now_ms:
            model, before = subject.rules.model.scores[name], bands[name][0]
            raw = raw_at(subject, name, at)
            row = {"rule": "", "event_id": "", "event_time": at, "points": 0.0}
            row |= {"before": model.shown(raw), "after": model.shown(raw), "band_before": before, "band_after": model.band(raw)}
            write_row(subject, name, row | {"reason": ChangeReason.DECAY.value, "at": at})
            _publish_at(subject, name, at, STAGES[stage_number(subject)])
