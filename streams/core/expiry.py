"""Which subjects are forgotten by themselves: visitors who are nobody's and have been silent for long. Customers are kept.

A browser keeps a cookie for at most 400 days after the last visit: nobody comes back with that id, and what decays is worth
nothing by then.
"""

from streams.core import scores
from streams.core.preferences import ORDER
from streams.core.rules import DAY_MS
from streams.core.session_shares import AT as SHARED_AT
from streams.core.session_shares import LABELLED_AT
from streams.core.subject import Subject

SILENT_MS = 400 * DAY_MS


def due(subject: Subject) -> int | None:
    """Return when a subject is forgotten if nothing more happens, None for a customer and for who has moved to one.

    Who has no points, because all that was heard of belongs to a machine's sessions, is as old as the last of these.
    """
    value = subject.value
    if subject.name.startswith("c:") or "moved_to" in value:
        return None
    times = [int(part[1]) for rules in value.get("scores", {}).values() for part in rules.values()]
    if not times:
        times = [int(entry[SHARED_AT]) for entry in value.get("sessions", {}).values()]
        times += [int(entry[LABELLED_AT]) for entry in value.get("labels", {}).values()]
    if not times:
        times = [int(choice[ORDER][0]) for topics in value.get("preferences", {}).values() for choice in topics.values()]
    return max(times) + SILENT_MS if times else None


def forget(subject: Subject, now_ms: int) -> bool:
    """Take what was published of a subject back when its time is over; True when it was, and its state must go."""
    at = due(subject)
    if at is None or at > now_ms:
        return False
    scores.retract(subject)
    subject.out.counts["subjects_expired"] += 1
    return True
