"""A replay puts the live scores of a subject right: after another model, or to free the slots that machines hold.

A `rescore` line says what the scores were when the stored events were read, and what they should be. It goes behind those
events to their subject, which follows it only while its scores are still those: so a line that comes twice, or too late,
changes nothing, and a replay can simply be run again. Its rows in `score-changes` say `rebuilt`.
"""

from dataclasses import dataclass
from typing import Any

from schemas.codec import dumps
from schemas.scores import ChangeReason
from schemas.topics import SCORES
from streams.core import base, mail_state, scores
from streams.core.base import PARTS, TOLERANCE, difference
from streams.core.decay import Part, added, total_at
from streams.core.lines import Line, ids_of
from streams.core.subject import Cause, Subject

MARK: bytes = b'{"control":"rescore",'
"""A line that begins so is no event. The collector writes no such field."""

SAME = 1e-6
"""Two values of a score that differ by less are the same one."""

REPLACED = ("caps", "sessions", "stages")
"""What else of the state follows from events and the model."""

TYPES = {"site": str, "visitor_id": str, "customer_id": str, "at": int, "model": str, "was": dict, "state": dict}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a subject's scores should be by a version of the model.

    `was` is `[raw value, its time, half-life]` of each score as published. `state` is what the subject's state should be:
    `scores`, and `caps`, `sessions` and `stages` where they are to be replaced; `hits` are the weights of e-mails' hits by which that
    was computed: a subject that knows better refuses.
    """

    model: str
    was: dict[str, list[float]]
    state: dict[str, Any]


def rescore_line(site: str, owner: str, wanted: Wanted, *, at: int) -> bytes:
    """Return the line that gives a subject (`v:` + visitor or `c:` + customer) other live scores."""
    told = {"at": at, "model": wanted.model, "was": wanted.was, "state": wanted.state}
    return dumps({"control": "rescore", "site": site, **ids_of(owner), **told})


def receive(subject: Subject, line: Line) -> None:
    """Follow a `rescore` line, unless the subject has changed since its events were read."""
    same = line["model"] == subject.rules.model.version and mail_state.agree(subject, line["state"].get("hits", {}))
    if not same or not _is_as_it_was(subject, line["was"]):
        subject.out.counts["rescores_refused"] += 1
        return
    cause = Cause("", line["at"], ChangeReason.REBUILT)
    wanted = _with_base(subject, line["state"].get("scores", {}))
    own: base.Parts = subject.value.setdefault("scores", {})
    for name in sorted(own.keys() | wanted.keys()):
        if name not in subject.rules.model.scores:
            _drop(subject, name)
            continue
        _put(subject, name, wanted.get(name, {}), cause)
        subject.touched.add(name)
    _replace(subject, line["state"])
    subject.out.counts["rescores"] += 1


def _is_as_it_was(subject: Subject, was: dict[str, list[float]]) -> bool:
    if "moved_to" in subject.value or subject.value.get("bands", {}).keys() != was.keys():
        return False
    own: base.Parts = subject.value.get("scores", {})
    return all(
        abs(total_at(own.get(name, {}).values(), at, int(half_life)) - raw) <= SAME * max(1.0, abs(raw))
        for name, (raw, at, half_life) in was.items()
    )


def _with_base(subject: Subject, live: base.Parts) -> base.Parts:
    """Return the live parts with what history adds to them."""
    found = {name: dict(parts) for name, parts in live.items()}
    for entry in subject.value.get("base", {}).values():
        for name, parts in entry[PARTS].items():
            for rule, part in parts.items():
                own = found.setdefault(name, {})
                own[rule] = added(own.get(rule), part[0], int(part[1]), subject.half_life_ms(name))
    return found


def _put(subject: Subject, name: str, wanted: dict[str, Part], cause: Cause) -> None:
    parts = subject.parts(name)
    for rule in sorted(parts.keys() | wanted.keys()):
        points, at = difference(parts.get(rule), wanted.get(rule), subject.half_life_ms(name))
        if points:
            scores.change(subject, (name, rule), points, at, cause=cause)
        if rule in wanted:
            parts[rule] = wanted[rule]
        elif abs(parts[rule][0]) <= TOLERANCE:
            del parts[rule]


def _drop(subject: Subject, name: str) -> None:
    """Leave a score that the model has no more."""
    subject.value["scores"].pop(name, None)
    if subject.value.get("bands", {}).pop(name, None) is not None:
        subject.out.write(SCORES, f"{subject.topic_key}:{name}", None)


def _replace(subject: Subject, state: dict[str, Any]) -> None:
    dormant = subject.value.get("stages", {}).get("dormant", False)
    for name in REPLACED:
        if state.get(name):
            subject.value[name] = state[name]
        elif name in state:
            subject.value.pop(name, None)
    if state.get("stages"):
        subject.value["stages"]["dormant"] = dormant
