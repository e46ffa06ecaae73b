"""What becomes of a trigger's results: published, suppressed, held back, withdrawn (docs/semantics.md, section 7).

The state of a trigger holds `mark`, whose trigger's it is, `signals` by id, `alerted` (when an earlier version went out last),
and what its sort needs. An `Entry` is `[status, revision, match, alerted, time until which it is held back or 0]`.
"""

from typing import Any

from schemas.signals import SignalStatus
from schemas.topics import SIGNALS
from streams.core.counting import AT, EVENT_ID, VISITOR, Match
from streams.core.rules import HOUR_MS
from streams.core.subject import Subject
from streams.core.triggers import Trigger

Kept = dict[str, Any]
Entry = list[Any]
STATUS = 0
REVISION = 1
MATCH = 2
ALERTED = 3
HELD = 4

DETAIL = 5
"""Of an entry's match: the path, or all that a threshold's signal says."""

LATE_MS = HOUR_MS

_BUT = {
    SignalStatus.FIRED: "",
    SignalStatus.SUPPRESSED_LATE: ", but known more than an hour later",
    SignalStatus.SUPPRESSED_COOLDOWN: ", but an alert went out within the cooldown",
    SignalStatus.SUPPRESSED_QUIET: ", but in quiet hours",
}
_WITHDRAWN = "events that arrived later, or joined, or the label of a session, made it void"


def kept_of(subject: Subject, trigger: Trigger, empty: Kept) -> Kept:
    """Return the state of a trigger, `empty` at first. Another version of the trigger begins anew, but for its last alert."""
    states = subject.value.setdefault("triggers", {})
    found: Kept | None = states.get(trigger.name)
    if found is None or found.get("mark") != trigger.mark:
        last = last_alert(found) if found else None
        found = states[trigger.name] = {"mark": trigger.mark, "signals": {}, **empty} | ({"alerted": last} if last else {})
    return found


def last_alert(kept: Kept) -> int | None:
    """Return the time of the last result that went out as an alert."""
    times = [int(entry[MATCH][AT]) for entry in kept["signals"].values() if entry[ALERTED]]
    return max([*times, *([kept["alerted"]] if "alerted" in kept else [])], default=None)


def settle(subject: Subject, trigger: Trigger, kept: Kept, results: dict[str, Match], known_at: int) -> None:
    """Publish the results that are new, and withdraw those that are none any more. `known_at`: when that was known."""
    signals: dict[str, Entry] = kept["signals"]
    for signal_id, entry in signals.items():
        if signal_id not in results and entry[STATUS] != SignalStatus.WITHDRAWN:
            withdraw(subject, trigger, signal_id, entry, known_at)
    for signal_id, match in results.items():
        entry = signals.setdefault(signal_id, [SignalStatus.WITHDRAWN.value, 0, match, False, 0])
        if entry[STATUS] == SignalStatus.WITHDRAWN:
            give(subject, trigger, signal_id, kept, known_at)


def withdraw(subject: Subject, trigger: Trigger, signal_id: str, entry: Entry, known_at: int) -> None:
    """Take a result back."""
    entry[STATUS], entry[HELD] = SignalStatus.WITHDRAWN.value, 0
    write(subject, trigger, signal_id, entry, known_at)


def give(subject: Subject, trigger: Trigger, signal_id: str, kept: Kept, known_at: int) -> None:
    """Publish a result, as an alert if one may go out."""
    entry: Entry = kept["signals"][signal_id]
    status = SignalStatus.FIRED if entry[ALERTED] else _status(trigger, kept, entry, known_at)
    if status is SignalStatus.SUPPRESSED_QUIET and trigger.quiet and trigger.quiet.hold:
        entry[HELD] = trigger.quiet.until(known_at) or 0
    entry[STATUS], entry[ALERTED] = status.value, status is SignalStatus.FIRED
    write(subject, trigger, signal_id, entry, known_at)


def release(subject: Subject, trigger: Trigger, kept: Kept, now_ms: int) -> None:
    """Give what the quiet hours held back, once they are over."""
    for signal_id, entry in kept["signals"].items():
        if 0 < entry[HELD] <= now_ms:
            near = _alerted_near(trigger, kept, entry)
            entry[STATUS] = SignalStatus.SUPPRESSED_COOLDOWN.value if near else SignalStatus.FIRED.value
            entry[ALERTED], entry[HELD] = not near, 0
            write(subject, trigger, signal_id, entry, now_ms)


def held_until(kept: Kept) -> int | None:
    """Return when the next result that is held back may be given, None when none is."""
    return min((entry[HELD] for entry in kept["signals"].values() if entry[HELD]), default=None)


def _status(trigger: Trigger, kept: Kept, entry: Entry, known_at: int) -> SignalStatus:
    if known_at - (entry[MATCH][AT] + trigger.delay_ms) > LATE_MS:
        return SignalStatus.SUPPRESSED_LATE
    if _alerted_near(trigger, kept, entry):
        return SignalStatus.SUPPRESSED_COOLDOWN
    quiet = trigger.quiet is not None and trigger.quiet.until(known_at) is not None
    return SignalStatus.SUPPRESSED_QUIET if quiet else SignalStatus.FIRED


def _alerted_near(trigger: Trigger, kept: Kept, entry: Entry) -> bool:
    times = [other[MATCH][AT] for other in kept["signals"].values() if other[ALERTED]]
    if "alerted" in kept:
        times.append(kept["alerted"])
    return any(abs(at - entry[MATCH][AT]) < trigger.cooldown_ms for at in times)


def write(subject: Subject, trigger: Trigger, signal_id: str, entry: Entry, known_at: int) -> None:
    """Publish the next revision of a signal."""
    entry[REVISION] += 1
    match, status = entry[MATCH], SignalStatus(entry[STATUS])
    detail = match[DETAIL] if type(match[DETAIL]) is dict else {"url_path": match[DETAIL]}
    record = {
        "signal_id": signal_id,
        "site": subject.site,
        "subject": subject.name,
        "visitor_id": match[VISITOR],
        **subject.ids,
        "trigger": trigger.name,
        "version": trigger.version,
        "event_id": match[EVENT_ID],
        "fired_at": match[AT] + trigger.delay_ms,
        "status": status.value,
        "reason": _WITHDRAWN if status is SignalStatus.WITHDRAWN else trigger.why + _BUT[status],
        "payload": detail | trigger.payload,
        "at": known_at,
        "revision": entry[REVISION],
    }
    subject.out.counts[f"signals_{status.value}"] += 1
    subject.out.write(SIGNALS, subject.topic_key, record)
