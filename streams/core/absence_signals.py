"""Signals of absence: something was waited for and did not come (docs/semantics.md, section 7).

Beside what `streams.core.signal_rows` says, the state holds `matches` and `answers` (see `streams.core.absences`), `last`, the time
of the last result among the matches that were dropped, or -1, and `past`, the watermark by which something was told: what was
over then stays over.
"""

from bisect import insort
from typing import Any

from schemas.signals import SignalStatus
from streams.core.absences import ANSWER_SESSION, Answer, next_due, unanswered
from streams.core.caps import KEPT_MS
from streams.core.conditions import meets, met_on_arrival
from streams.core.counting import AT, EVENT_ID, SESSION, Match
from streams.core.session_shares import is_machine
from streams.core.signal_rows import STATUS, Kept, kept_of, settle
from streams.core.subject import Subject, session_of
from streams.core.totals import order_of
from streams.core.triggers import AbsenceTrigger

MAX_KEPT = 256
"""Matches, and answers, that are kept."""


def signal(subject: Subject, trigger: AbsenceTrigger, event: dict[str, Any]) -> None:
    """Show one human, live event to the trigger: as one that is waited from, and as an answer."""
    kind, session = event["kind"], session_of(event)
    waits = kind in trigger.when_kinds and trigger.matcher.matches(event)
    answers = kind in trigger.unless_kinds and trigger.unless.matches(event)
    if not (waits or answers):
        return
    kept, order = _kept(subject, trigger), order_of(event)
    if waits:
        match = [*order, event.get("visitor_id", ""), event.get("url_path", ""), session, "", met_on_arrival(subject, trigger.where, event)]
        insort(kept["matches"], match)
    if answers:
        insort(kept["answers"], [*order, session])
    evaluate(subject, trigger, known_at=event["received_at"])
    _forget(subject, trigger, event["received_at"])


def evaluate(subject: Subject, trigger: AbsenceTrigger, *, known_at: int) -> None:
    """Publish what is over and unanswered by the watermark, and withdraw what is answered now."""
    kept = _kept(subject, trigger)
    found = _results(subject, trigger, kept, kept["matches"])
    if found:
        kept["past"] = _watermark(subject, kept)
    settle(subject, trigger, kept, {trigger.signal_id(subject.site, match[EVENT_ID]): match for match in found}, known_at)


def joined(subject: Subject, trigger: AbsenceTrigger, other: Kept) -> Kept:
    """Return the state with that of a visitor in it."""
    kept = _kept(subject, trigger)
    for name in ("matches", "answers"):
        kept[name] = sorted([*kept[name], *other[name]])
    kept["last"], kept["past"] = max(kept["last"], other["last"]), max(kept["past"], other["past"])
    return kept


def due(subject: Subject, trigger: AbsenceTrigger) -> int | None:
    """Return the watermark at which the next match that nothing has answered yet is over, None when none waits.

    One that is over and was not told is due at once: the watermark may have passed it before a timer came to it, and what has
    touched the subject since then was none of this trigger's business.
    """
    kept = _kept(subject, trigger)
    for match in _results(subject, trigger, kept, kept["matches"]):
        if not _is_told(kept, trigger.signal_id(subject.site, match[EVENT_ID])):
            return int(match[AT]) + trigger.within_ms + 1
    matches, answers = _human(subject, kept["matches"], SESSION), _human(subject, kept["answers"], ANSWER_SESSION)
    return next_due(trigger, matches, answers, watermark=_watermark(subject, kept))


def _is_told(kept: Kept, signal_id: str) -> bool:
    entry = kept["signals"].get(signal_id)
    return entry is not None and entry[STATUS] != SignalStatus.WITHDRAWN


def _kept(subject: Subject, trigger: AbsenceTrigger) -> Kept:
    return kept_of(subject, trigger, {"matches": [], "answers": [], "last": -1, "past": 0})


def _watermark(subject: Subject, kept: Kept) -> int:
    past: int = kept["past"]
    return max(subject.watermark, past)


def _results(subject: Subject, trigger: AbsenceTrigger, kept: Kept, matches: list[Match]) -> list[Match]:
    waiting = _human(subject, matches, SESSION), _human(subject, kept["answers"], ANSWER_SESSION)
    watermark = _watermark(subject, kept)
    return unanswered(trigger, kept["last"], waiting, watermark=watermark, meets=lambda match: meets(subject, trigger.where, match))


def _human(subject: Subject, found: list[Any], session: int) -> list[Any]:
    return [one for one in found if not is_machine(subject, one[session])]


def _forget(subject: Subject, trigger: AbsenceTrigger, received_at: int) -> None:
    """Drop the matches that no live event can answer any more, and the answers that no match can need."""
    kept, done = _kept(subject, trigger), 0
    matches: list[Match] = kept["matches"]
    oldest = received_at - KEPT_MS
    while done < len(matches) and (matches[done][AT] + trigger.within_ms < oldest or len(matches) - done > MAX_KEPT):
        done += 1
    if done:
        for match in _results(subject, trigger, kept, matches[:done]):
            kept["last"] = max(kept["last"], match[AT])
        for match in matches[:done]:
            kept["signals"].pop(trigger.signal_id(subject.site, match[EVENT_ID]), None)
        del matches[:done]
    needed = min(oldest, matches[0][AT]) if matches else oldest
    answers: list[Answer] = kept["answers"]
    kept["answers"] = [answer for answer in answers if answer[AT] >= needed][-MAX_KEPT:]
