"""A session got another label: its share of the scores goes or comes back, and triggers are evaluated again."""

from typing import Any

from schemas.scores import ChangeReason
from streams.core import scores, session_shares, signals, stages
from streams.core.session_shares import Entry, Share, is_machine
from streams.core.subject import Cause, Subject, cause_of, session_key
from streams.core.totals import LABELS


def receive(subject: Subject, line: dict[str, Any]) -> None:
    """Take in a `label` line: the label of a session, under every id that it has had."""
    props, cause = line["props"], cause_of(line, ChangeReason.RELABELLED)
    entry: Entry = [props["version"], LABELS.index(props["traffic"]), line["event_time"]]
    if _relabel(subject, dict.fromkeys(map(session_key, props["sessions"]), entry), cause):
        stages.reconsider(subject, cause)
        signals.reconsider(subject, line["received_at"])


def unite(subject: Subject, state: dict[str, Any], cause: Cause) -> None:
    """Take over the sessions and labels of a visitor whose scores were just added.

    The visitor may not have heard of a label that is known here, and the other way round: the newer one decides for both.
    """
    theirs: dict[str, Entry] = state.get("labels", {})
    _relabel(subject, theirs, cause)
    shares: dict[str, Share] = state.get("sessions", {})
    for session in shares:
        was = session in theirs and bool(theirs[session][session_shares.RANK])
        now = is_machine(subject, session)
        for rule, part in session_shares.parts_of(shares, session):
            if was != now:
                _move(subject, rule, -part[0] if now else part[0], int(part[1]), cause=cause)
            session_shares.share(subject, session, rule, part[0], int(part[1]))


def _relabel(subject: Subject, entries: dict[str, Entry], cause: Cause) -> bool:
    """Take in labels, and move the shares of the sessions that changed sides; True when there were any."""
    changed = [session for session, entry in entries.items() if session_shares.label(subject, session, entry)]
    for session in changed:
        sign = -1 if is_machine(subject, session) else 1
        for rule, part in session_shares.parts_of(subject.value.get("sessions", {}), session):
            _move(subject, rule, sign * part[0], int(part[1]), cause=cause)
    return bool(changed)


def _move(subject: Subject, rule: tuple[str, str], points: float, at: int, *, cause: Cause) -> None:
    if points and rule[0] in subject.rules.model.scores:
        scores.change(subject, rule, points, at, cause=Cause(cause.event_id, cause.received_at, ChangeReason.RELABELLED))
