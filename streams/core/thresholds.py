"""Threshold signals: a score reached a value, or fell well below it (docs/semantics.md, section 7).

Beside what `streams.core.signal_rows` says, the state holds `up` and `since`, the time of the last change or 0.
"""

from typing import Any

from schemas.signals import SignalStatus
from streams.core import scores
from streams.core.conditions import meets_now
from streams.core.counting import AT
from streams.core.decay import falls_below
from streams.core.rules import HOUR_MS
from streams.core.signal_rows import DETAIL, MATCH, STATUS, Kept, give, kept_of, withdraw
from streams.core.subject import Subject
from streams.core.triggers import ThresholdTrigger

DOWN = 0.8
"""The part of the threshold below which a score that was up is down."""

DWELL_MS = HOUR_MS
"""How long nothing more is said after a change."""

KEPT_SIGNALS = 2


def watch(subject: Subject, now_ms: int) -> None:
    """Compare the scores of a subject with every threshold, at a time."""
    for trigger in subject.rules.thresholds:
        up, since = _position(subject, trigger)
        taken_back = subject.taken_back or bool(subject.last and subject.last.get("control") == "label")
        at = max(now_ms, scores.latest_of(subject, trigger.score))
        if since and at - since < DWELL_MS and not taken_back:
            continue
        value = scores.shown_at(subject, trigger.score, at)
        if not up and value >= trigger.reaches and meets_now(subject, trigger.where, at):
            _turn(subject, trigger, at=at, value=value)
        elif up and value < DOWN * trigger.reaches:
            if taken_back:
                _take_back(subject, trigger, at)
            else:
                _turn(subject, trigger, at=at, value=value)


def joined(subject: Subject, trigger: ThresholdTrigger, other: Kept) -> Kept:
    """Return the state with that of a visitor in it."""
    kept = _kept(subject, trigger)
    kept["up"], kept["since"] = kept["up"] or other["up"], max(kept["since"], other["since"])
    return kept


def due(subject: Subject, trigger: ThresholdTrigger, now_ms: int) -> int | None:
    """Return when the score will have changed sides without any event, None when it will not."""
    up, since = _position(subject, trigger)
    at, free = scores.latest_of(subject, trigger.score), since + DWELL_MS
    if not up:
        return free if now_ms < free and scores.shown_at(subject, trigger.score, max(free, at)) >= trigger.reaches else None
    half_life, least = subject.rules.model.scores[trigger.score].half_life_ms, DOWN * trigger.reaches
    value = scores.raw_at(subject, trigger.score, at)
    below = at if value < least else falls_below(value, at, least, half_life)
    return None if below is None else max(below, free)


def _kept(subject: Subject, trigger: ThresholdTrigger) -> Kept:
    return kept_of(subject, trigger, {"up": False, "since": 0})


def _position(subject: Subject, trigger: ThresholdTrigger) -> tuple[bool, int]:
    """Return whether the score is up, and since when; most subjects were never up, and keep nothing."""
    kept = subject.value.get("triggers", {}).get(trigger.name)
    return (kept["up"], kept["since"]) if kept and kept.get("mark") == trigger.mark else (False, 0)


def _turn(subject: Subject, trigger: ThresholdTrigger, *, at: int, value: float) -> None:
    kept = _kept(subject, trigger)
    kept["up"], kept["since"] = not kept["up"], at
    if not kept["up"] and not trigger.falls:
        return
    direction = "up" if kept["up"] else "down"
    event: dict[str, Any] = subject.last or {}
    event_id = event.get("event_id", "")
    signal_id = trigger.signal_id(subject.site, f"{event_id or f'{subject.name}@{at}'}\0{direction}")
    match = [at, "", 0, event_id, event.get("visitor_id", ""), {"value": value, "direction": direction}, ""]
    signals = kept["signals"]
    signals.setdefault(signal_id, [SignalStatus.WITHDRAWN.value, 0, match, False, 0])
    give(subject, trigger, signal_id, kept, at)
    for old in sorted(signals, key=lambda one: int(signals[one][MATCH][AT]))[:-KEPT_SIGNALS]:
        del signals[old]


def _take_back(subject: Subject, trigger: ThresholdTrigger, at: int) -> None:
    kept = _kept(subject, trigger)
    kept["up"], kept["since"] = False, 0
    for signal_id, entry in kept["signals"].items():
        if entry[MATCH][DETAIL]["direction"] == "up" and entry[STATUS] != SignalStatus.WITHDRAWN:
            withdraw(subject, trigger, signal_id, entry, at)
