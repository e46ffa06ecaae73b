"""What an e-mail's hit is worth: to scores by its label's weight, to stages and signals all or nothing.

Signals and stages see a hit as an event in a session of its own, which has the label of a machine while the hit counts for nothing:
so the ways of a session that is relabelled take the hit back, and give it again.
"""

from hashlib import blake2b
from typing import Any

from schemas.codec import dumps
from schemas.scores import ChangeReason
from streams.core import scores, session_shares, signals, stages
from streams.core.mail_labels import weight_of
from streams.core.subject import Cause, Subject, session_key

Entry = list[Any]
OWN = 0
TOLD = 1
REVISION = 2
WEIGHT = 3
SHOWN = 4
DUE = 5
EVENT = 6

UNSEEN, SEEN, TAKEN_BACK = 0, 1, 2
"""How signals and stages see a hit."""

LEFT_OUT = frozenset(
    {"user_agent", "ip", "referrer", "title", "traits", "traffic", "traffic_reasons", "email_label", "control", "created_at", "historical"}
)
"""Fields of an event that no rule about hits asks for, or that change."""
LARGE = 4_096
"""Bytes of an event from which on only the short ones of its properties are kept."""
SHORT = 256
MAX_PROPS = 32


def event_of(event: dict[str, Any]) -> dict[str, Any]:
    """Return what is kept of a hit, to count it later; its session is its own."""
    kept = {name: value for name, value in event.items() if name not in LEFT_OUT}
    if "props" in kept and len(dumps(kept["props"])) > LARGE:
        short = {name: value for name, value in kept["props"].items() if len(dumps([name, value])) <= SHORT}
        kept["props"] = dict(list(short.items())[:MAX_PROPS])
    mark = blake2b(event["event_id"].encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
    return kept | {"session_id": f"{mark[:8]}-{mark[8:]}"}


def waits(entry: Entry) -> bool:
    """True while a hit counts for nothing, because more may become known of it."""
    return bool(entry[DUE])


def count(subject: Subject, entry: Entry, at: int) -> None:
    """Have a hit count as much as its reasons say, and nothing more. `at` is when that was known, Unix milliseconds."""
    was, now = entry[WEIGHT], weight_of(entry[TOLD])
    event = entry[EVENT]
    if not subject.rules.are_about(event["kind"]):
        entry[WEIGHT] = now
        return
    reason = ChangeReason.EVENT if entry[SHOWN] == UNSEEN else ChangeReason.RELABELLED
    cause = Cause(event["event_id"], at, reason)
    if was != now:
        entry[WEIGHT] = now
        subject.taken_back = subject.taken_back or now < was
        scores.weigh(subject, scores.Weighed(event, now, cause))
    if bool(now) != (entry[SHOWN] == SEEN):
        _show(subject, entry, cause)


def _show(subject: Subject, entry: Entry, cause: Cause) -> None:
    event, session = entry[EVENT], session_key(entry[EVENT]["session_id"])
    if entry[SHOWN] == UNSEEN:
        entry[SHOWN] = SEEN
        if stages.stage(subject, event, cause._replace(session=session)):
            signals.reconsider(subject, cause.received_at, by_stage=True)
        signals.signal(subject, event)
        return
    entry[SHOWN] = TAKEN_BACK if entry[SHOWN] == SEEN else SEEN
    session_shares.label(subject, session, [entry[REVISION], int(entry[SHOWN] == TAKEN_BACK), event["event_time"]])
    stages.reconsider(subject, cause)
    signals.reconsider(subject, cause.received_at)
