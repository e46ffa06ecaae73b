"""Another scoring model over stored history: who would change band, who would move most, and why. Nothing is changed."""

import heapq
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from footprint.rescoring import CHUNK, Rescoring
from footprint.scored import events_of_subjects, subjects_seen
from schemas.errors import Misconfigured
from sinks.clickhouse.client import StoreClient
from streams.core.standing import Standing, standings
from streams.core.subject import SubjectRules, read_rules

NO_TRIGGERS = "version: none\ntriggers: {}\n"
REASONS = 3
NOBODY = Standing(0.0, "")

Watch = Callable[[int, int], None]
"""Is told how many subjects of how many are done."""


@dataclass(frozen=True, slots=True)
class Mover:
    """A subject whose score would change: shown values and bands, and the rules that make the difference, largest first."""

    subject: str
    score: str
    before: float
    after: float
    band_before: str
    band_after: str
    why: tuple[tuple[str, float], ...]


@dataclass(slots=True)
class DryRun:
    """What a model would change. `moves` count subjects by score, and by the band before and after."""

    version: str
    subjects: int = 0
    customers: int = 0
    moves: dict[str, Counter[tuple[str, str]]] = field(default_factory=dict)
    movers: list[Mover] = field(default_factory=list)

    def changed(self, score: str) -> int:
        """Return how many subjects would change their band in a score."""
        return sum(count for (before, after), count in self.moves[score].items() if before != after)

    def as_json(self) -> dict[str, Any]:
        """Return the whole as JSON values."""
        bands = {
            score: [{"before": before, "after": after, "subjects": count} for (before, after), count in sorted(moves.items())]
            for score, moves in self.moves.items()
        }
        names = ("subject", "score", "before", "after", "band_before", "band_after")
        movers = [
            {name: getattr(mover, name) for name in names} | {"why": [{"rule": rule, "points": points} for rule, points in mover.why]}
            for mover in self.movers
        ]
        changed = {score: self.changed(score) for score in self.moves}
        return {"version": self.version, "subjects": self.subjects, "customers": self.customers, "changed": changed} | {
            "bands": bands,
            "movers": movers,
        }


def rules_of(text: str) -> SubjectRules:
    """Return the rules of a scoring model alone. Raises Misconfigured for anything that is wrong in it."""
    return read_rules(scores=text, triggers=NO_TRIGGERS, partitions=1)


def dry_run(
    rescoring: Rescoring, model: SubjectRules, times: Mapping[str, str], *, top: int = 10, watch: Watch = lambda _, __: None
) -> DryRun:
    """Compare the model that runs (of `rescoring`) with another, over everybody who did something between `from` and `to`.

    Both are computed from the stored events, so that only the model makes a difference. Raises Retryable when the store is away.
    """
    client, found = StoreClient(rescoring.connection), DryRun(model.model.version)
    movers: list[Mover] = []
    try:
        subjects = subjects_seen(client, rescoring.site, dict(times))
        if not subjects:
            raise Misconfigured(f"Site {rescoring.site!r} has no events in that time. Name another site, or an earlier --from.")
        waiting = iter(subjects)
        while chunk := list(islice(waiting, CHUNK)):
            moved = _chunk(rescoring, client, model, chunk, found)
            movers = heapq.nlargest(top, [*movers, *moved], key=lambda mover: (abs(mover.after - mover.before), mover.subject))
            watch(found.subjects, len(subjects))
    finally:
        client.close()
    found.movers = movers
    return found


def _chunk(rescoring: Rescoring, client: StoreClient, model: SubjectRules, subjects: Sequence[str], found: DryRun) -> Iterator[Mover]:
    for subject, events in events_of_subjects(client, rescoring.site, subjects).items():
        found.subjects += 1
        found.customers += subject.startswith("c:")
        before, after = (standings(rescoring.site, subject, events, rules, now_ms=rescoring.now_ms) for rules in (rescoring.rules, model))
        for score in sorted(before.keys() | after.keys()):
            was, now = before.get(score, NOBODY), after.get(score, NOBODY)
            if (was.value, was.points) == (now.value, now.points) == (0.0, {}):
                continue
            found.moves.setdefault(score, Counter())[was.band, now.band] += 1
            if abs(was.value - now.value) >= 0.01 or was.band != now.band:
                yield Mover(subject, score, was.value, now.value, was.band, now.band, _why(was.points, now.points))


def _why(before: Mapping[str, float], after: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    """Return the rules that make the difference, with the points by which they differ."""
    differences = {rule: after.get(rule, 0.0) - before.get(rule, 0.0) for rule in before.keys() | after.keys()}
    ordered = sorted(differences.items(), key=lambda one: (-abs(one[1]), one[0]))
    return tuple((rule, round(points, 4)) for rule, points in ordered[:REASONS] if abs(points) >= 0.01)
