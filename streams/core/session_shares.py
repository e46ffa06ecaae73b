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

MAX_SESSIONS = 64
"""Sessions of which a share is kept; the oldest go first and can no longer be taken back."""


def is_machine(subject: Subject, session: str) -> bool:
    """True when a session was labelled as a machine's."""
    labels = subject.value.get("labels")
    return bool(labels and session in labels and labels[session][RANK])


def share(subject: Subject, session: str, rule: tuple[str, str], points: float, at: int) -> None:
    """Add points of a rule (score, name) to the share of a session."""
    sessions: dict[str, Share] = subject.value.setdefault("sessions", {})
    found = sessions.get(session)
    if found is None:
        found = sessions[session] = [at, {}]
        _trim(sessions)
    found[AT] = max(found[AT], at)
    parts: dict[str, Part] = found[SCORES].setdefault(rule[0], {})
    parts[rule[1]] = added(parts.get(rule[1]), points, at, subject.half_life_ms(rule[0]))


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
    """Drop what no live event or label can concern any more."""
    for name, index, kept in (("sessions", AT, KEPT_MS), ("labels", LABELLED_AT, KEPT_MS + 2 * DAY_MS)):
        entries = subject.value.get(name)
        if entries:
            for session in [session for session, entry in entries.items() if entry[index] + kept < received_at]:
                del entries[session]


def _trim(sessions: dict[str, Share]) -> None:
    while len(sessions) > MAX_SESSIONS:
        del sessions[min(sessions, key=lambda session: int(sessions[session][AT]))]
