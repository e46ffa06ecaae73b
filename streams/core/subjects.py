"""The subjects agent: tracked events in; scores, score changes, signals and handovers out.

A subject is a customer, or a visitor who is not known. Machine traffic and history touch nothing here.
"""

from collections.abc import Callable, Mapping
from typing import Any

from schemas.codec import subject_of
from schemas.rejections import ORIGINAL_MAX, Reason, Rejection, record_of
from schemas.topics import REJECTED
from streams.core import (
    expiry,
    forgetting,
    handover,
    mail_clicks,
    mail_state,
    preferences,
    publishing,
    rebuilt,
    relabel,
    scores,
    session_shares,
    signals,
    stages,
    switching,
    thresholds,
)
from streams.core.lines import CONTROL
from streams.core.mail_hits import HITS
from streams.core.rulebook import Rulebook, half_lives_of
from streams.core.subject import Subject, SubjectRules, cause_of, read_rules, state_key
from streams.core.tracked_line import Line
from streams.core.tracked_reading import read_line
from streams.core.watermarks import hear, watermark, watermark_at
from streams.core.work import Arrival, Work

__all__ = ["SubjectRules", "absorb", "advance", "flush", "read_rules", "watermark"]

WAKE_LIMIT = 500
"""Subjects that one call of `advance` wakes."""

Rules = SubjectRules | Rulebook

BY_CONTROL: Mapping[Any, Callable[[Subject, Line], None]] = {
    "label": relabel.receive,
    "click_confirmed": mail_state.confirm,
    preferences.CHOSEN: preferences.receive,
}
"""What a subject does with a line of control that is for it alone, once it is sure that it has not moved."""


def absorb(value: bytes, work: Work, *, rules: Rules, arrival: Arrival) -> None:
    """Take in one record of the tracked topic. A line that cannot be read goes to the rejected topic."""
    touched: dict[str, Subject] = {}
    for encoded in value.split(b"\n"):
        if not encoded:
            continue
        if encoded.startswith(CONTROL) and _absorb_told(encoded, work, rules=rules, touched=touched, at=arrival.at):
            continue
        line = read_line(encoded)
        if line is None:
            _reject(encoded, work, arrival.at)
        elif line.get("control") in mail_clicks.CONTROLS:
            mail_clicks.receive(line, work, partitions=rules.partitions)
        elif not line.get("control") and not _counts(line, rules.at(line["site"], work)):
            _leave_unscored(line, work, rules, touched)
        else:
            _absorb_line(line, _subject(line, work, rules, touched))
    _finish_all(touched, work, arrival.at)
    hear(work.meta, arrival)


def _absorb_told(encoded: bytes, work: Work, *, rules: Rules, touched: dict[str, Subject], at: int) -> bool:
    """Do what a line says that came by the events topic and is no event; False when it is none of these."""
    if encoded.startswith(forgetting.MARK):
        forgetting.forget_subject(encoded, work, touched, partitions=rules.partitions)
    elif encoded.startswith(rebuilt.MARKS):
        rebuilt.follow(encoded, lambda line: _subject(line, work, rules, touched))
    elif encoded.startswith(publishing.MARK):
        _finish_all(touched, work, at)  # what came before goes by the model of before
        if isinstance(rules, Rulebook):
            publishing.receive(encoded, work, rules)
    else:
        return False
    return True


def advance(work: Work, *, rules: Rules, now_ms: int, quiet: bool) -> bool:
    """Publish what time alone has changed: scores that fell, silences, absences; True when there may be more of it.

    Decay goes by the clock, absences by the watermark.
    """
    moment = watermark_at(work.meta, now_ms, quiet=quiet)
    by_event = work.state.due("event", moment, WAKE_LIMIT)
    by_wall = work.state.due("wall", now_ms, WAKE_LIMIT)
    for key in dict.fromkeys((*by_event, *by_wall)):
        value = work.state.get(key)
        if value is not None:
            site, name = key.split("\0", 1)
            if mail_clicks.forget(name, value, now_ms):
                work.state.delete(key)
                continue
            subject = Subject(site, name, value, rules.at(site, work), work.out, moment)
            if expiry.forget(subject, now_ms):
                work.state.delete(key)
                continue
            _adapt(subject, work, now_ms)
            if "mail" in value:
                mail_state.wake(subject, now_ms)
            scores.fall(subject, now_ms)
            stages.fall_asleep(subject, now_ms)
            signals.wake(subject, now_ms)
            _finish(subject, now_ms)
            if value.keys() - {"model"}:
                work.state.put(key, value)
            else:
                work.state.delete(key)
    return WAKE_LIMIT in (len(by_event), len(by_wall))


def _finish_all(touched: dict[str, Subject], work: Work, at: int) -> None:
    for key, subject in touched.items():
        _finish(subject, subject.last["received_at"] if subject.last else at)
        if subject.value:
            if "moved_to" not in subject.value:
                subject.value["model"] = subject.rules.model.version
            work.state.put(key, subject.value)
    touched.clear()


def _finish(subject: Subject, now_ms: int) -> None:
    """Publish what was touched, compare it with the thresholds, and have the subject woken when time alone changes something."""
    if subject.mails:
        mail_state.judge(subject)
    if subject.rules.thresholds and "moved_to" not in subject.value:
        thresholds.watch(subject, now_ms)
    scores.publish(subject)
    event, wall = signals.due(subject, now_ms) if subject.rules.timed else (None, None)
    dues = (scores.next_fall(subject), stages.due(subject), expiry.due(subject), mail_state.due(subject), wall)
    walls = [at for at in dues if at is not None]
    for field, at in (("due_event", event), ("due_wall", min(walls, default=None))):
        if at is None:
            subject.value.pop(field, None)
        else:
            subject.value[field] = at


def flush(work: Work, *, rules: Rules, now_ms: int) -> bool:
    """Publish what waits: here nothing ever does."""
    del work, rules, now_ms
    return False


def _reject(encoded: bytes, work: Work, at: int) -> None:
    message = "The line is not a tracked event. Only the streams write the tracked topic: look for another writer."
    original = encoded[: ORIGINAL_MAX * 4].decode("utf-8", "replace")
    rejection = Rejection(Reason.UNREADABLE, message, original=original)
    work.out.counts[f"rejected_{rejection.reason}"] += 1
    work.out.write(REJECTED, "", record_of(rejection, site="", stage="streams", received_at=at))


def _counts(event: Line, rules: SubjectRules) -> bool:
    """True when an event may score or signal: live, human, somebody's, and of a kind that matters. A hit of an e-mail is judged first."""
    kind = event["kind"]
    live = not event.get("historical") and (event.get("traffic", "human") == "human" or kind in HITS)
    return live and (rules.are_about(kind) or kind in mail_state.KINDS) and bool(event.get("customer_id") or event.get("visitor_id"))


def _leave_unscored(line: Line, work: Work, rules: Rules, touched: dict[str, Subject]) -> None:
    work.out.counts["events_unscored"] += 1
    if line["kind"] in preferences.KINDS and (line.get("customer_id") or line.get("visitor_id")):
        preferences.receive(_subject(line, work, rules, touched), line)


def _subject(line: Line, work: Work, rules: Rules, touched: dict[str, Subject]) -> Subject:
    """Return the subject that a line is for: a link is for the visitor, everything else for the customer where known."""
    customer = None if line.get("control") == "link" else line.get("customer_id")
    name = subject_of(customer, line.get("visitor_id"))
    key = state_key(line["site"], name)
    subject = touched.get(key)
    if subject is None:
        found = rules.at(line["site"], work)
        subject = touched[key] = Subject(line["site"], name, work.state.get(key) or {}, found, work.out, watermark(work.meta))
        _adapt(subject, work, line["received_at"] if "received_at" in line else line["at"])
    return subject


def _adapt(subject: Subject, work: Work, at: int) -> None:
    """Take a subject over that another model has scored."""
    was, now = subject.value.get("model"), subject.rules.model.version
    if was is not None and was != now:
        switching.adapt(subject, half_lives_of(subject.site, was, work), at)
        subject.value["model"] = now
        work.out.counts["subjects_switched"] += 1


def _absorb_line(line: Line, subject: Subject) -> None:
    control = line.get("control")
    subject.last = line
    if control == "link":
        handover.hand_over(subject, line)
    elif control == "handover":
        handover.receive(subject, line)
    elif "moved_to" in subject.value:
        handover.forward(subject, line)
    elif control in BY_CONTROL:
        BY_CONTROL[control](subject, line)
    elif line["kind"] in HITS:
        mail_state.receive(subject, line)
    else:
        _absorb_event(line, subject)


def _absorb_event(line: Line, subject: Subject) -> None:
    if line["kind"] in mail_state.ARRIVALS:
        mail_state.receive(subject, line)
        if not subject.rules.are_about(line["kind"]):
            return
    if line["kind"] in preferences.KINDS:
        preferences.receive(subject, line)
    session_shares.forget(subject, line["received_at"])
    cause = cause_of(line)
    scores.score(subject, line, cause)
    if stages.stage(subject, line, cause):
        signals.reconsider(subject, line["received_at"], by_stage=True)
    signals.signal(subject, line)
