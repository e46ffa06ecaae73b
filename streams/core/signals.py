"""What triggers say about a subject: results are published, vanished ones withdrawn (docs/semantics.md, section 7).

Beside what `streams.core.signal_rows` says, the state of a count trigger holds `matches` and `carry`.
"""

from bisect import insort
from typing import Any

from streams.core import absence_signals, thresholds
from streams.core.caps import KEPT_MS
from streams.core.conditions import meets, met_on_arrival
from streams.core.counting import AT, EVENT_ID, SESSION, Match, joined, new_carry, results_of, step
from streams.core.matching import path_of, texts_at
from streams.core.session_shares import is_machine
from streams.core.signal_rows import Kept, held_until, kept_of, release, settle, write
from streams.core.subject import Subject, session_of
from streams.core.totals import order_of
from streams.core.triggers import EVERYBODY, AbsenceTrigger, CountTrigger, ThresholdTrigger, Trigger

MAX_MATCHES = 256
MAX_DISTINCT = 64
"""Characters of a value counted by `distinct_by`."""


def signal(subject: Subject, event: dict[str, Any]) -> None:
    """Show one human, live event to the triggers that are about its kind."""
    for trigger in subject.rules.by_kind.get(event["kind"], ()):
        if isinstance(trigger, AbsenceTrigger):
            absence_signals.signal(subject, trigger, event)
        elif isinstance(trigger, CountTrigger) and trigger.matcher.matches(event):
            match = _match_of(subject, trigger, event)
            if match is not None:
                kept = _kept(subject, trigger)
                insort(kept["matches"], match)
                _evaluate(subject, trigger, received_at=event["received_at"])
                _forget(subject, trigger, event["received_at"])


def reconsider(subject: Subject, received_at: int, *, by_stage: bool = False) -> None:
    """Evaluate every trigger again, or those that ask for the stage: a session got another label, or a move has changed."""
    states = subject.value.get("triggers", {})
    for trigger in subject.rules.triggers:
        if trigger.name in states and (trigger.where.stages or not by_stage):
            _reevaluate(subject, trigger, received_at)


def unite(subject: Subject, states: dict[str, Any], received_at: int) -> None:
    """Take over the triggers of a visitor: matches are united, signals keep their ids and show the customer."""
    for trigger in subject.rules.triggers:
        other = states.get(trigger.name)
        if not other or other.get("mark") != trigger.mark:
            continue
        kept: Kept = {}
        if isinstance(trigger, CountTrigger):
            kept = _kept(subject, trigger)
            kept["matches"] = sorted([*kept["matches"], *other["matches"]])
            kept["carry"] = joined(kept["carry"], other["carry"])
        elif isinstance(trigger, AbsenceTrigger):
            kept = absence_signals.joined(subject, trigger, other)
        elif isinstance(trigger, ThresholdTrigger):
            kept = thresholds.joined(subject, trigger, other)
        for signal_id, entry in other["signals"].items():
            write(subject, trigger, signal_id, kept["signals"].setdefault(signal_id, entry), received_at)
    reconsider(subject, received_at)


def wake(subject: Subject, now_ms: int) -> None:
    """Give what is due by now: absences, thresholds, and what quiet hours held back."""
    states = subject.value.get("triggers", {})
    for trigger in subject.rules.triggers:
        kept = states.get(trigger.name)
        if kept and kept.get("mark") == trigger.mark:
            if isinstance(trigger, AbsenceTrigger):
                absence_signals.evaluate(subject, trigger, known_at=now_ms)
            release(subject, trigger, kept, now_ms)


def due(subject: Subject, now_ms: int) -> tuple[int | None, int | None]:
    """Return the watermark and the time of day at which the subject must be woken, None for never."""
    event: list[int | None] = []
    wall: list[int | None] = []
    states = subject.value.get("triggers", {})
    for trigger in subject.rules.timed:
        kept = states.get(trigger.name)
        if not kept or kept.get("mark") != trigger.mark:
            continue
        wall.append(held_until(kept))
        if isinstance(trigger, AbsenceTrigger):
            event.append(absence_signals.due(subject, trigger))
        elif isinstance(trigger, ThresholdTrigger):
            wall.append(thresholds.due(subject, trigger, now_ms))
    return min(filter(None, event), default=None), min(filter(None, wall), default=None)


def _kept(subject: Subject, trigger: CountTrigger) -> Kept:
    return kept_of(subject, trigger, {"matches": [], "carry": new_carry()})


def _match_of(subject: Subject, trigger: CountTrigger, event: dict[str, Any]) -> Match | None:
    match = [*order_of(event), event.get("visitor_id", ""), event.get("url_path", ""), session_of(event)]
    if not trigger.distinct and trigger.where is EVERYBODY:
        return match
    values = texts_at(event, path_of(trigger.distinct)) if trigger.distinct else [""]
    return [*match, values[0][:MAX_DISTINCT], met_on_arrival(subject, trigger.where, event)] if values else None


def _reevaluate(subject: Subject, trigger: Trigger, received_at: int) -> None:
    if isinstance(trigger, CountTrigger):
        _evaluate(subject, trigger, received_at=received_at)
    elif isinstance(trigger, AbsenceTrigger):
        absence_signals.evaluate(subject, trigger, known_at=received_at)


def _evaluate(subject: Subject, trigger: CountTrigger, *, received_at: int) -> None:
    kept = _kept(subject, trigger)
    counting = [match for match in kept["matches"] if not is_machine(subject, match[SESSION])]
    results = results_of(trigger, kept["carry"], counting, lambda match: meets(subject, trigger.where, match))
    settle(subject, trigger, kept, {trigger.signal_id(subject.site, match[EVENT_ID]): match for match in results}, received_at)


def _forget(subject: Subject, trigger: CountTrigger, received_at: int) -> None:
    """Fold the matches that no live event can come before any more into the carry."""
    kept, done = _kept(subject, trigger), 0
    matches = kept["matches"]
    while done < len(matches) and (matches[done][AT] + KEPT_MS < received_at or len(matches) - done > MAX_MATCHES):
        if not is_machine(subject, matches[done][SESSION]):
            step(trigger, kept["carry"], matches[done], lambda match: meets(subject, trigger.where, match))
        kept["signals"].pop(trigger.signal_id(subject.site, matches[done][EVENT_ID]), None)
        done += 1
    del matches[:done]
