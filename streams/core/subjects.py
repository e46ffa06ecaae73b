"""The subjects agent: tracked events in; scores, score changes, signals and handovers out.

A subject is a customer, or a visitor who is not known. Machine traffic and history touch nothing here.
"""

from typing import Any

from schemas.codec import loads, subject_of
from schemas.rejections import ORIGINAL_MAX, Reason, Rejection, record_of
from schemas.topics import REJECTED
from streams.core import forgetting, handover, rebuilt, relabel, scores, session_shares, signals, stages
from streams.core.reading import KINDS
from streams.core.subject import Subject, SubjectRules, cause_of, read_rules, state_key
from streams.core.work import Arrival, Value, Work

__all__ = ["SubjectRules", "absorb", "advance", "flush", "read_rules", "watermark"]

WAKE_LIMIT = 500
"""Subjects that one call of `advance` wakes."""

Line = dict[str, Any]
_CONTROLS = frozenset({None, "link", "handover", "forward", "label"})
_TEXTS = (
    "event_id",
    "site",
    "visitor_id",
    "customer_id",
    "name",
    "url_path",
    "channel",
    "pageview_id",
    "message_id",
    "traffic",
    "session_id",
)
_TIMES = ("event_time", "received_at")


def watermark(meta: Value) -> int:
    """Return the watermark of a partition of tracked: the least of its sources', 0 before the first."""
    return min(meta.get("watermarks", {}).values(), default=0)


def absorb(value: bytes, work: Work, *, rules: SubjectRules, arrival: Arrival) -> None:
    """Take in one record of the tracked topic. A line that cannot be read goes to the rejected topic."""
    touched: dict[str, Subject] = {}
    for encoded in value.split(b"\n"):
        if not encoded:
            continue
        if encoded.startswith(forgetting.MARK):
            forgetting.forget_subject(encoded, work, touched)
            continue
        if encoded.startswith(rebuilt.MARKS):
            rebuilt.follow(encoded, lambda line: _subject(line, work, rules, touched))
            continue
        line = _read(encoded)
        if line is None:
            _reject(encoded, work, arrival.at)
        elif not line.get("control") and not _counts(line, rules):
            work.out.counts["events_unscored"] += 1
        else:
            _absorb_line(line, _subject(line, work, rules, touched))
    for key, subject in touched.items():
        scores.publish(subject)
        _set_timer(subject)
        if subject.value:
            work.state.put(key, subject.value)
    if arrival.watermark is not None:
        work.meta.setdefault("watermarks", {})[arrival.source] = arrival.watermark


def advance(work: Work, *, rules: SubjectRules, now_ms: int, quiet: bool) -> bool:
    """Publish the scores that have fallen out of their band by now; True when there may be more of them.

    Whether the partition is quiet makes no difference: decay goes by the clock.
    """
    del quiet
    keys = work.state.due("wall", now_ms, WAKE_LIMIT)
    for key in keys:
        value = work.state.get(key)
        if value is not None:
            site, name = key.split("\0", 1)
            subject = Subject(site, name, value, rules, work.out)
            scores.fall(subject, now_ms)
            stages.fall_asleep(subject, now_ms)
            scores.publish(subject)
            _set_timer(subject)
            work.state.put(key, value)
    return len(keys) == WAKE_LIMIT


def _set_timer(subject: Subject) -> None:
    """Have the subject woken when its next score falls out of its band, or when it has been silent for long."""
    times = [scores.next_fall(subject, name) for name in subject.value.get("bands", {})]
    due = min((at for at in (*times, stages.due(subject)) if at is not None), default=None)
    if due is None:
        subject.value.pop("due_wall", None)
    else:
        subject.value["due_wall"] = due


def flush(work: Work, *, rules: SubjectRules, now_ms: int) -> bool:
    """Publish what waits: here nothing ever does."""
    del work, rules, now_ms
    return False


def _read(encoded: bytes) -> Line | None:
    try:
        line = loads(encoded)
    except ValueError:
        return None
    if type(line) is not dict or line.get("control") not in _CONTROLS or line.get("kind") not in KINDS:
        return None
    if not all(type(line.get(name, "")) is str for name in _TEXTS) or not all(type(line.get(name)) is int for name in _TIMES):
        return None
    if not all(type(line.get(name) or {}) is dict for name in ("props", "traits")) or "event_id" not in line or "site" not in line:
        return None
    return line if "control" not in line or all(name in line for name in handover.LINE_FIELDS) else None


def _reject(encoded: bytes, work: Work, at: int) -> None:
    message = "The line is not a tracked event. Only the streams write the tracked topic: look for another writer."
    original = encoded[: ORIGINAL_MAX * 4].decode("utf-8", "replace")
    rejection = Rejection(Reason.UNREADABLE, message, original=original)
    work.out.counts[f"rejected_{rejection.reason}"] += 1
    work.out.write(REJECTED, "", record_of(rejection, site="", stage="streams", received_at=at))


def _counts(event: Line, rules: SubjectRules) -> bool:
    """True when an event may score or signal: live, human, somebody's, and of a kind that matters."""
    live = not event.get("historical") and event.get("traffic", "human") == "human"
    return live and rules.are_about(event["kind"]) and bool(event.get("customer_id") or event.get("visitor_id"))


def _subject(line: Line, work: Work, rules: SubjectRules, touched: dict[str, Subject]) -> Subject:
    """Return the subject that a line is for: a link is for the visitor, everything else for the customer where known."""
    customer = None if line.get("control") == "link" else line.get("customer_id")
    name = subject_of(customer, line.get("visitor_id"))
    key = state_key(line["site"], name)
    subject = touched.get(key)
    if subject is None:
        subject = touched[key] = Subject(line["site"], name, work.state.get(key) or {}, rules, work.out)
    return subject


def _absorb_line(line: Line, subject: Subject) -> None:
    control = line.get("control")
    if control == "link":
        handover.hand_over(subject, line)
    elif control == "handover":
        handover.receive(subject, line)
    elif control == "label" and "moved_to" not in subject.value:
        relabel.receive(subject, line)
    elif "moved_to" in subject.value:
        handover.forward(subject, line)
    else:
        session_shares.forget(subject, line["received_at"])
        scores.score(subject, line)
        stages.stage(subject, line, cause_of(line))
        signals.signal(subject, line)
