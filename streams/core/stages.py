"""Stages of a subject: a score named `lifecycle` whose changes are the moves (docs/semantics.md, section 8).

State: `stages` is `{"marks", "carry", "moves", "last", "dormant"}`, see `streams.core.lifecycle`; `moves` are published.
"""

from typing import Any

from schemas.scores import ChangeReason
from streams.core import scores
from streams.core.caps import KEPT_MS
from streams.core.decay import added
from streams.core.lifecycle import AT, DORMANT, LIFECYCLE, RULE, SESSION, STAGES, Mark, Move, keep, moves_of, new_carry, step
from streams.core.rules import DAY_MS
from streams.core.session_shares import is_machine
from streams.core.subject import Cause, Subject
from streams.core.totals import order_of

MAX_MARKS = 128


def stage(subject: Subject, event: dict[str, Any], cause: Cause) -> bool:
    """Show one human, live event to the rules of the lifecycle; True when the moves are others now."""
    lifecycle = subject.rules.model.lifecycle
    if not lifecycle.rules:
        return False
    state = _state(subject)
    heard(subject, event["event_time"], cause)
    marks: list[Mark] = state["marks"]
    for rule in lifecycle.by_kind.get(event["kind"], ()):
        if rule.matcher.matches(event):
            state["marks"] = keep(lifecycle, state["marks"], [*order_of(event), cause.session, rule.name])
    if state["marks"] is marks:
        return False
    moved = reconsider(subject, cause)
    _fold(subject, event["received_at"])
    return moved


def heard(subject: Subject, at: int, cause: Cause) -> None:
    """Note that the subject did something, and wake it up if it was dormant."""
    state = _state(subject)
    state["last"] = max(state["last"], at)
    if state["dormant"] and dormant_at(subject) > cause.received_at:
        state["dormant"] = False
        name = STAGES[current(subject)]
        _write(
            subject, {"rule": "returned", "event_id": cause.event_id, "event_time": at, "band_before": DORMANT, "band_after": name}, cause
        )


def dormant_at(subject: Subject) -> int:
    """Return when the silence of the subject is long enough."""
    return int(_state(subject)["last"]) + subject.rules.model.lifecycle.dormant_after_ms


def due(subject: Subject) -> int | None:
    """Return when the subject must be woken to become dormant, None when it has no stage, or is."""
    state = subject.value.get("stages")
    return dormant_at(subject) if state and not state["dormant"] and (state["moves"] or state["carry"][0]) else None


def fall_asleep(subject: Subject, now_ms: int) -> None:
    """Set `dormant` if the silence is long enough by now. The stage stays."""
    at = due(subject)
    if at is not None and at <= now_ms:
        _state(subject)["dormant"] = True
        row = {"rule": DORMANT, "event_id": "", "event_time": at, "band_before": STAGES[current(subject)], "band_after": DORMANT}
        _write(subject, row, Cause("", at, ChangeReason.SILENCE))


def current(subject: Subject) -> int:
    """Return the number of the subject's stage."""
    return scores.stage_number(subject)


def stage_at(subject: Subject, at: int) -> int:
    """Return the number of the stage that the subject had reached by a time, by what is known now."""
    state = subject.value.get("stages")
    if not state:
        return 0
    return next((int(move[4]) for move in reversed(state["moves"]) if move[0] <= at), int(state["carry"][0]))


def reconsider(subject: Subject, cause: Cause) -> bool:
    """Find the moves anew: publish those that are new, take those back that an earlier event or a label made void.

    True when they are others now.
    """
    if "stages" not in subject.value:
        return False
    state = _state(subject)
    counting = [mark for mark in state["marks"] if not is_machine(subject, mark[SESSION])]
    moves = moves_of(subject.rules.model.lifecycle, state["carry"], counting)
    for move in state["moves"]:
        if move not in moves:
            _move(subject, move, -1, Cause(move[1], cause.received_at, ChangeReason.DISPLACED))
    for move in moves:
        if move not in state["moves"]:
            _move(subject, move, 1, Cause(move[1], cause.received_at, cause.reason))
    if moves == state["moves"]:
        return False
    subject.touched |= subject.value.get("bands", {}).keys()
    state["moves"] = moves
    return True


def unite(subject: Subject, other: dict[str, Any], cause: Cause) -> None:
    """Take over the marks of a visitor: what the visitor did, the customer did."""
    lifecycle = subject.rules.model.lifecycle
    if not other or not lifecycle.rules:
        return
    state = _state(subject)
    heard(subject, other["last"], cause)
    for mark in other["marks"]:
        if mark[RULE] in lifecycle.rules:
            state["marks"] = keep(lifecycle, state["marks"], mark)
    if other["carry"][0] > state["carry"][0]:
        _undo(subject, cause)
        _move(subject, [other["carry"][1], cause.event_id, "merged", state["carry"][0], other["carry"][0], 0], 1, cause)
        state["carry"][:2] = other["carry"][:2]
    for rule, matched in other["carry"][2].items():
        state["carry"][2][rule] = state["carry"][2].get(rule, 0) + matched
    reconsider(subject, cause)


def _undo(subject: Subject, cause: Cause) -> None:
    """Take every move after the carry back: it begins at another stage now."""
    state = _state(subject)
    for move in state["moves"]:
        _move(subject, move, -1, Cause(move[1], cause.received_at, ChangeReason.DISPLACED))
    state["moves"] = []


def _state(subject: Subject) -> dict[str, Any]:
    found: dict[str, Any] | None = subject.value.get("stages")
    if found is None:
        found = subject.value["stages"] = {"marks": [], "carry": new_carry(), "moves": [], "last": 0, "dormant": False}
    return found


def _move(subject: Subject, move: Move, sign: int, cause: Cause) -> None:
    at, event_id, rule, start, end, since = move
    parts = subject.parts(LIFECYCLE)
    before = STAGES[current(subject)]
    parts[rule] = added(parts.get(rule), sign * (end - start), at, 0)
    row = {"rule": rule, "event_id": event_id, "event_time": at, "band_before": before, "band_after": STAGES[current(subject)]}
    if sign > 0:
        row |= {"skipped": list(STAGES[start + 1 : end])} | ({"days_in_stage": (at - since) / DAY_MS} if since else {})
    _write(subject, row, cause, points=sign * (end - start))


def _write(subject: Subject, row: dict[str, Any], cause: Cause, *, points: int = 0) -> None:
    after = current(subject)
    row |= {"points": points, "before": after - points, "after": after, "reason": cause.reason.value, "at": cause.received_at}
    subject.touched.add(LIFECYCLE)
    scores.write_row(subject, LIFECYCLE, row)


def _fold(subject: Subject, received_at: int) -> None:
    """Fold the marks that no live event or label can come before any more into the carry."""
    state, done = _state(subject), 0
    marks = state["marks"]
    while done < len(marks) and (marks[done][AT] + KEPT_MS + DAY_MS < received_at or len(marks) - done > MAX_MARKS):
        if not is_machine(subject, marks[done][SESSION]):
            step(subject.rules.model.lifecycle, state["carry"], marks[done])
        done += 1
    if done:
        del marks[:done]
        state["moves"] = moves_of(subject.rules.model.lifecycle, state["carry"], [m for m in marks if not is_machine(subject, m[SESSION])])
