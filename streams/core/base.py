"""History in the scores of a subject: its base, computed by the rebuild and replaced as a whole (docs/semantics.md, section 6).

A `base` line goes the way of the events: to the partition of its owner, from there to the owner's subject, and on to the
customer if the owner has moved. State: `base` by owner `[version, {score: {rule: Part}}]`. It is part of the values under
`scores` as well, so whoever reads a score need not know of it; its rows in `score-changes` say `history`.
"""

from dataclasses import dataclass, field
from typing import Any

from schemas.codec import dumps, partition_of
from schemas.scores import ChangeReason
from schemas.topics import TRACKED
from streams.core import scores
from streams.core.decay import Part, value_at
from streams.core.lines import Line, ids_of, owner_of
from streams.core.subject import Cause, Subject

MARK: bytes = b'{"control":"base",'
"""A line that begins so is no event. The collector writes no such field."""

TOLERANCE = 1e-9
"""A smaller difference is no change."""

Parts = dict[str, dict[str, Part]]
"""Parts by score and rule."""

Entry = list[Any]
VERSION = 0
PARTS = 1

TYPES = {"site": str, "visitor_id": str, "customer_id": str, "at": int, "model": str, "parts": dict, "facts": dict}


@dataclass(frozen=True, slots=True)
class Base:
    """What the history of an owner comes to by a version of the model: parts, and the latest `[order, value]` of each trait."""

    model: str
    parts: Parts = field(default_factory=dict)
    facts: dict[str, list[Any]] = field(default_factory=dict)


def base_line(site: str, owner: str, base: Base, *, at: int) -> bytes:
    """Return the line that gives a subject the history of `owner` (`v:` + visitor or `c:` + customer); the highest `at` stands."""
    told = {"at": at, "model": base.model, "parts": base.parts, "facts": base.facts}
    return dumps({"control": "base", "site": site, **ids_of(owner), **told})


def receive(subject: Subject, line: Line) -> None:
    """Take in a `base` line. One of another model says nothing about this one's rules: a replay will write the right one."""
    if line["model"] != subject.rules.model.version:
        subject.out.counts["bases_of_another_model"] += 1
        return
    if "moved_to" in subject.value:
        _forward(subject, line)
        return
    cause = Cause("", line["at"], ChangeReason.HISTORY)
    for trait, fact in line["facts"].items():
        scores.learn(subject, trait, fact, cause)
    _replace(subject, owner_of(line), [line["at"], line["parts"]], cause)
    subject.out.counts["bases"] += 1


def lift(subject: Subject, at: int) -> None:
    """Take the base out of the scores, before what was earned live is handed over. It stays in the state."""
    for entry in subject.value.get("base", {}).values():
        _shift(subject, entry[PARTS], {}, Cause("", at, ChangeReason.HISTORY))


def unite(subject: Subject, entries: dict[str, Entry], at: int) -> None:
    """Take over the base of a visitor; where one of the same owner is known, the newer stands."""
    for owner, entry in entries.items():
        _replace(subject, owner, entry, Cause("", at, ChangeReason.HISTORY))


def _forward(subject: Subject, line: Line) -> None:
    customer = subject.value["moved_to"]
    subject.out.write_line(TRACKED, partition_of(subject.site, customer, subject.rules.partitions), line | {"customer_id": customer})


def _replace(subject: Subject, owner: str, entry: Entry, cause: Cause) -> None:
    known: Entry | None = subject.value.get("base", {}).get(owner)
    if known is None and not entry[PARTS]:
        return
    if known is not None and known[VERSION] >= entry[VERSION]:
        return
    _shift(subject, known[PARTS] if known else {}, entry[PARTS], cause)
    subject.value.setdefault("base", {})[owner] = entry


def _shift(subject: Subject, old: Parts, new: Parts, cause: Cause) -> None:
    """Change the scores by the difference of two bases, one row for each rule that it changes."""
    named = {(name, rule) for parts in (old, new) for name in parts for rule in parts[name]}
    for score, rule in sorted(named):
        if score in subject.rules.model.scores:
            points, at = difference(old.get(score, {}).get(rule), new.get(score, {}).get(rule), subject.half_life_ms(score))
            if points:
                scores.change(subject, (score, rule), points, at, cause=cause)


def difference(old: Part | None, new: Part | None, half_life_ms: int) -> tuple[float, int]:
    """Return by how much a part grows to become another, as of the later of their times; 0 for nearly nothing."""
    at = int(max(part[1] for part in (old, new) if part is not None))
    points = sum(sign * value_at(part, at, half_life_ms) for sign, part in ((1, new), (-1, old)) if part is not None)
    return (points, at) if abs(points) > TOLERANCE else (0.0, at)
