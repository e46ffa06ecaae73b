"""What triggers say about a subject: results are published, vanished ones withdrawn (docs/semantics.md, section 7).

The state of a trigger is `{"matches": [...], "carry": ..., "signals": {signal_id: Entry}}`; an `Entry` is `[status,
revision, match, alerted]`.
"""

from bisect import insort
from typing import Any

from schemas.signals import SignalStatus
from schemas.topics import SIGNALS
from streams.core.caps import KEPT_MS
from streams.core.rules import HOUR_MS
from streams.core.session_shares import is_machine
from streams.core.subject import Subject, session_key
from streams.core.totals import order_of
from streams.core.triggers import AT, EVENT_ID, PATH, SESSION, VISITOR, CountTrigger, Match, Trigger, joined, new_carry, results_of, step

Entry = list[Any]
STATUS = 0
REVISION = 1
MATCH = 2
ALERTED = 3

MAX_MATCHES = 256
LATE_MS = HOUR_MS

_REASONS = {
    SignalStatus.FIRED: "the count was reached",
    SignalStatus.SUPPRESSED_LATE: "the count was reached, but known more than an hour later",
    SignalStatus.SUPPRESSED_COOLDOWN: "the count was reached, but an alert went out within the cooldown",
    SignalStatus.WITHDRAWN: "events that arrived later, or joined, moved the count to another event",
}


def signal(subject: Subject, event: dict[str, Any]) -> None:
    """Show one human, live event to every trigger."""
    for trigger in subject.rules.triggers:
        if isinstance(trigger, CountTrigger) and event["kind"] in trigger.when_kinds and trigger.matcher.matches(event):
            kept = _kept(subject, trigger)
            match = [*order_of(event), event.get("visitor_id", ""), event.get("url_path", ""), session_key(event.get("session_id", ""))]
            insort(kept["matches"], match)
            _evaluate(subject, trigger, received_at=event["received_at"])
            _forget(subject, trigger, event["received_at"])


def reconsider(subject: Subject, received_at: int) -> None:
    """Evaluate every trigger again: a session got another label."""
    for trigger in subject.rules.triggers:
        if isinstance(trigger, CountTrigger) and trigger.name in subject.value.get("triggers", {}):
            _evaluate(subject, trigger, received_at=received_at)


def unite(subject: Subject, states: dict[str, Any], received_at: int) -> None:
    """Take over the triggers of a visitor: matches are united, signals keep their ids and show the customer."""
    for trigger in subject.rules.triggers:
        other = states.get(trigger.name)
        if not other or not isinstance(trigger, CountTrigger):
            continue
        kept = _kept(subject, trigger)
        kept["matches"] = sorted([*kept["matches"], *other["matches"]])
        kept["carry"] = joined(kept["carry"], other["carry"])
        for signal_id, entry in other["signals"].items():
            _write(subject, trigger, signal_id, kept["signals"].setdefault(signal_id, entry), received_at=received_at)
        _evaluate(subject, trigger, received_at=received_at)


def _kept(subject: Subject, trigger: CountTrigger) -> dict[str, Any]:
    states = subject.value.setdefault("triggers", {})
    found: dict[str, Any] = states.setdefault(trigger.name, {"matches": [], "carry": new_carry(), "signals": {}})
    return found


def _evaluate(subject: Subject, trigger: CountTrigger, *, received_at: int) -> None:
    kept = _kept(subject, trigger)
    signals: dict[str, Entry] = kept["signals"]
    counting = [match for match in kept["matches"] if not is_machine(subject, match[SESSION])]
    results = {trigger.signal_id(subject.site, match[EVENT_ID]): match for match in results_of(trigger, kept["carry"], counting)}
    for signal_id, entry in signals.items():
        if signal_id not in results and entry[STATUS] != SignalStatus.WITHDRAWN:
            entry[STATUS] = SignalStatus.WITHDRAWN.value
            _write(subject, trigger, signal_id, entry, received_at=received_at)
    for signal_id, match in results.items():
        entry = signals.setdefault(signal_id, [SignalStatus.WITHDRAWN.value, 0, match, False])
        if entry[STATUS] == SignalStatus.WITHDRAWN:
            status = SignalStatus.FIRED if entry[ALERTED] else _status(trigger, match, list(signals.values()), received_at)
            entry[STATUS] = status.value
            entry[ALERTED] = status is SignalStatus.FIRED
            _write(subject, trigger, signal_id, entry, received_at=received_at)


def _status(trigger: Trigger, match: Match, others: list[Entry], received_at: int) -> SignalStatus:
    if received_at - match[AT] > LATE_MS:
        return SignalStatus.SUPPRESSED_LATE
    near = (entry for entry in others if entry[ALERTED] and abs(entry[MATCH][AT] - match[AT]) < trigger.cooldown_ms)
    return SignalStatus.SUPPRESSED_COOLDOWN if any(near) else SignalStatus.FIRED


def _write(subject: Subject, trigger: CountTrigger, signal_id: str, entry: Entry, *, received_at: int) -> None:
    entry[REVISION] += 1
    match = entry[MATCH]
    payload = {"url_path": match[PATH], "count": trigger.count, "within_s": trigger.within_ms // 1000}
    record = {
        "signal_id": signal_id,
        "site": subject.site,
        "subject": subject.name,
        "visitor_id": match[VISITOR],
        **subject.ids,
        "trigger": trigger.name,
        "version": trigger.version,
        "event_id": match[EVENT_ID],
        "fired_at": match[AT],
        "status": entry[STATUS],
        "reason": _REASONS[SignalStatus(entry[STATUS])],
        "payload": payload,
        "at": received_at,
        "revision": entry[REVISION],
    }
    subject.out.counts[f"signals_{entry[STATUS]}"] += 1
    subject.out.write(SIGNALS, subject.topic_key, record)


def _forget(subject: Subject, trigger: CountTrigger, received_at: int) -> None:
    """Fold the matches that no live event can come before any more into the carry."""
    kept, done = _kept(subject, trigger), 0
    matches = kept["matches"]
    while done < len(matches) and (matches[done][AT] + KEPT_MS < received_at or len(matches) - done > MAX_MATCHES):
        if not is_machine(subject, matches[done][SESSION]):
            step(trigger, kept["carry"], matches[done])
        kept["signals"].pop(trigger.signal_id(subject.site, matches[done][EVENT_ID]), None)
        done += 1
    del matches[:done]
