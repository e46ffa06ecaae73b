"""Absence triggers as pure functions: which events nothing followed in time (docs/semantics.md, section 7).

A `Match` is an event that is waited from, as `streams.core.counting` has it; an `Answer` is one that was waited for:
`[event_time, pageview_id, seq, event_id, session]`.
"""

from bisect import bisect_right

from streams.core.counting import AT, ORDER, Match, Meets
from streams.core.totals import Order
from streams.core.triggers import AbsenceTrigger

Answer = Order
ANSWER_SESSION = 4


def is_answered(trigger: AbsenceTrigger, match: Match, answers: list[Answer]) -> bool:
    """True when an answer comes after the match in the one order, and in time. `answers` are in order."""
    after = bisect_right(answers, match[:ORDER], key=lambda answer: answer[:ORDER])
    return after < len(answers) and answers[after][AT] <= match[AT] + trigger.within_ms


def unanswered(
    trigger: AbsenceTrigger, fired_at: int, waiting: tuple[list[Match], list[Answer]], *, watermark: int, meets: Meets
) -> list[Match]:
    """Return the matches whose time is over and that nothing answered: each begins a cooldown for those after it.

    `waiting` holds matches and answers in order; `fired_at` is the time of the last match before them that was one, or -1.
    """
    matches, answers = waiting
    found = []
    for match in matches:
        if match[AT] + trigger.within_ms >= watermark:
            break
        silent = fired_at >= 0 and match[AT] - fired_at < trigger.cooldown_ms
        if not silent and meets(match) and not is_answered(trigger, match, answers):
            fired_at = match[AT]
            found.append(match)
    return found


def next_due(trigger: AbsenceTrigger, matches: list[Match], answers: list[Answer], *, watermark: int) -> int | None:
    """Return the watermark at which the next match that nothing has answered yet is over, None when none waits."""
    waiting = (match[AT] + trigger.within_ms for match in matches if not is_answered(trigger, match, answers))
    return next((due + 1 for due in waiting if due >= watermark), None)
