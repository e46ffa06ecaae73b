"""What each session of the last days added to a subject's scores, so that it can be taken back (docs/semantics.md, section 9).

State: `sessions` by session key `[time of its last event, {score: {rule: Part}}]`, and `labels` by session key `[version,
rank, time]`, for the few sessions that were relabelled. The share of a session is kept whatever its label: the label only
decides whether it is part of the score, so their order does not matter.
"""

from typing import Any

from streams.core.caps import KEPT_MS
from streams.core.decay import Part, added
from streams.core.rules import DAY_MS
from streams.core.subject import Subject

Share = list[Any]
Entry = list[Any]
AT = 0
SCORES = 1
VERSION = 0
RANK = 1
LABELLED_AT = 2

_KEPT = (("sessions", AT, KEPT_MS), ("labels", LABELLED_AT, KEPT_MS + 2 * DAY_MS))

MAX_SESSIONS = 64
"""Sessions of which a share is kept; the oldest go first and can no longer be taken back."""


def is_machine(subject: Subject, session: str) -> bool:
    """True when a session was labelled as a machine's."""
    labels = subject.value.get("labels")
    return bool(labels and session in labels and labels[session][RANK])


def share(subject: Subject, session: str, rule: tuple[str, str], points: float, at: int) -> None:
    """Add points of a rule (score, name) to the share of a session."""
    sessions: dict[str, Share] | None = subject.value.get("sessions")
    if sessions is None:
        sessions = subject.value["sessions"] = {}
    found = sessions.get(session)
    if found is None:
        found = sessions[session] = [at, {}]
        _trim(sessions)
    elif at > found[AT]:
        found[AT] = at
    score, name = rule
    parts: dict[str, Part] = found[SCORES].setdefault(score, {})
    parts[name] = added(parts.get(name), points, at, subject.half_life_ms(score))


def label(subject: Subject, session: str, entry: Entry) -> bool:
    """Take in a label, unless a newer one is known; True when the session changed sides."""
    labels = subject.value.setdefault("labels", {})
    known = labels.get(session)
    if known and known[VERSION] >= entry[VERSION]:
        return False
    labels[session] = entry
    return bool(known and known[RANK]) != bool(entry[RANK])


def parts_of(shares: dict[str, Share], session: str) -> list[tuple[tuple[str, str], Part]]:
    """Return what a session added, by rule (score, name)."""
    found = shares.get(session)
    return [((score, name), part) for score, parts in found[SCORES].items() for name, part in parts.items()] if found else []


def forget(subject: Subject, received_at: int) -> None:
    """Drop what no live event or label can concern any more, once the first that was kept is such."""
    for name, index, kept in _KEPT:
        entries = subject.value.get(name)
        if entries and _is_over(next(iter(entries.values())), index, received_at - kept):
            for session in [session for session, entry in entries.items() if _is_over(entry, index, received_at - kept)]:
                del entries[session]


def _is_over(entry: list[Any], index: int, oldest: int) -> bool:
    return bool(entry[index] < oldest)


def _trim(sessions: dict[str, Share]) -> None:
    while len(sessions) > MAX_SESSIONS:
        del sessions[min(sessions, key=lambda session: int(sessions[session][AT]))]
