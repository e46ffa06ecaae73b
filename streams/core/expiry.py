"""Which subjects are forgotten by themselves: visitors who are nobody's and have been silent for long. Customers are kept.

A browser keeps a cookie for at most 400 days after the last visit: nobody comes back with that id, and what decays is worth
nothing by then.
"""

from streams.core import scores
from streams.core.rules import DAY_MS
from streams.core.subject import Subject

SILENT_MS = 400 * DAY_MS


def due(subject: Subject) -> int | None:
    """Return when a subject is forgotten if nothing more happens, None for a customer and for who has moved to one."""
    parts = subject.value.get("scores")
    if not parts or subject.name.startswith("c:") or "moved_to" in subject.value:
        return None
    return max((int(part[1]) for rules in parts.values() for part in rules.values()), default=0) + SILENT_MS


def forget(subject: Subject, now_ms: int) -> bool:
    """Take what was published of a subject back when its time is over; True when it was, and its state must go."""
    at = due(subject)
    if at is None or at > now_ms:
        return False
    scores.retract(subject)
    subject.out.counts["subjects_expired"] += 1
    return True
