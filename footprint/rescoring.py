"""Scores computed anew from stored events, compared with what is published, and told to the streams (docs/semantics.md, sections 6 and 12)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from footprint.scored import (
    Event,
    Published,
    by_owner,
    events_of_actors,
    events_of_subjects,
    owners_seen,
    published_of,
    subjects_seen,
    told_before,
)
from footprint.telling import Told
from schemas.connections import StoreConnection
from schemas.topics import MAX_RECORD_BYTES
from sinks.clickhouse.client import StoreClient
from streams.core.base import base_line
from streams.core.decay import added, value_at
from streams.core.history import base_of, live_state
from streams.core.lifecycle import LIFECYCLE
from streams.core.mail_hits import HITS
from streams.core.mail_state import WAIT_MS, weights
from streams.core.rescore import Wanted, rescore_line
from streams.core.rules import DAY_MS
from streams.core.subject import SubjectRules

CHUNK = 200
"""Subjects whose events are held at once."""

SETTLE_MS = 10_000
"""Somebody about whom something was received so lately is left alone: it may not be in every table yet."""

TOLERANCE = 1e-9
SAME = 1e-6

Tell = Callable[[str, Sequence[Told]], None]
"""Tells the streams lines about a site."""

Parts = Mapping[tuple[str, str], float]


@dataclass(slots=True)
class ScoresReport:
    """What a replay of scores did. A second one right after it, once the streams have followed, finds no difference."""

    subjects: int = 0
    left: int = 0
    """Subjects left alone: something about them is still on its way."""
    differing: int = 0
    """Subjects whose live scores were told anew."""
    scores_changed: int = 0
    bases: int = 0
    """Owners whose history was told; the streams change nothing where it is the same."""


@dataclass(frozen=True, slots=True)
class Rescoring:
    """How scores of a site are computed anew. `kept_since`: events received before are no longer kept, Unix milliseconds."""

    connection: StoreConnection
    site: str
    rules: SubjectRules
    now_ms: int
    kept_since: int = 0
    settle_ms: int = SETTLE_MS


def kept_since(now_ms: int, days: int) -> int:
    """Return the receipt from which on events are surely still stored, by the days that they are kept; 0 for ever."""
    return now_ms - (days - 1) * DAY_MS if days else 0


def tell_history(rescoring: Rescoring, owners: Iterable[str], tell: Tell) -> int:
    """Tell the streams what the history of these visitors and customers (`v:`, `c:`) adds to scores; returns how many were told."""
    client, told = StoreClient(rescoring.connection), 0
    waiting = iter(dict.fromkeys(owners))
    try:
        while chunk := list(islice(waiting, CHUNK)):
            lines = list(_bases(rescoring, client, chunk))
            tell(rescoring.site, lines)
            told += len(lines)
    finally:
        client.close()
    return told


def replay_scores(rescoring: Rescoring, times: Mapping[str, str], tell: Tell) -> ScoresReport:
    """Compute the scores anew of everybody who did something between `from` and `to` (Unix seconds), and tell the differences.

    Raises Retryable when store or broker is away; it can simply be run again.
    """
    client, report = StoreClient(rescoring.connection), ScoresReport()
    try:
        report.bases = tell_history(rescoring, owners_seen(client, rescoring.site, dict(times)), tell)
        subjects = iter(subjects_seen(client, rescoring.site, dict(times)))
        while chunk := list(islice(subjects, CHUNK)):
            tell(rescoring.site, list(_differing(rescoring, client, chunk, report)))
    finally:
        client.close()
    return report


def _bases(rescoring: Rescoring, client: StoreClient, owners: Sequence[str]) -> Iterable[Told]:
    """Return a line for each owner, but for those without history who never had any."""
    events = by_owner(events_of_actors(client, rescoring.site, [owner[2:] for owner in owners]))
    told = told_before(client, rescoring.site, owners)
    for owner in owners:
        base = base_of(rescoring.site, owner, events.get(owner, []), rescoring.rules, now_ms=rescoring.now_ms)
        if base.parts or base.facts or owner in told:
            yield owner[2:], base_line(rescoring.site, owner, base, at=rescoring.now_ms)


def _differing(rescoring: Rescoring, client: StoreClient, subjects: Sequence[str], report: ScoresReport) -> Iterable[Told]:
    published = published_of(client, rescoring.site, subjects, kept_since=rescoring.kept_since)
    for subject, events in events_of_subjects(client, rescoring.site, subjects).items():
        report.subjects += 1
        known = published[subject]
        if not _is_settled(rescoring, known, events):
            report.left += 1
            continue
        state = wanted_state(rescoring, subject, events, known)
        changed = _changed(rescoring, state, known)
        if not changed and known.versions <= {rescoring.rules.model.version}:
            continue
        line = rescore_line(rescoring.site, subject, Wanted(rescoring.rules.model.version, known.was, state), at=rescoring.now_ms)
        if len(line) > MAX_RECORD_BYTES:
            report.left += 1
            continue
        report.differing += 1
        report.scores_changed += changed
        yield subject[2:], line


def _is_settled(rescoring: Rescoring, known: Published, events: Sequence[Event]) -> bool:
    """True when the tables agree with one another: every change's event is there, and the changes sum to the scores."""
    if max((_known_from(event) for event in events), default=0) > rescoring.now_ms - rescoring.settle_ms:
        return False
    if not known.causes <= {event["event_id"] for event in events}:
        return False
    totals = dict.fromkeys(known.was, 0.0)
    for contributed in (known.live, known.history):
        for (score, _), points in contributed.items():
            totals[score] += points
    return all(abs(totals[score] - raw) <= SAME * max(1.0, abs(raw)) for score, (raw, _, _) in known.was.items())


def _known_from(event: Event) -> int:
    """Return when everything that is known of an event counts: a hit of an e-mail waits for its verdict."""
    received_at: int = event["received_at"]
    return received_at + WAIT_MS if event["kind"] in HITS and not event.get("historical") else received_at


def wanted_state(rescoring: Rescoring, subject: str, events: Sequence[Event], known: Published) -> dict[str, Any]:
    """Return what the live state of a subject should be: from its events, and from the changes of those that are kept no more."""
    kept = [event for event in events if event["received_at"] >= rescoring.kept_since]
    state = live_state(rescoring.site, subject, kept, rescoring.rules)
    wanted = {name: state.get(name, {}) for name in ("scores", "caps", "sessions", "stages")} | {"hits": weights(state)}
    by_traits = {
        (rule.score, rule.name): trait in state.get("traits", {})
        for trait, rules in rescoring.rules.model.by_trait.items()
        for rule in rules
    }
    for score, rules in known.carried.items():
        if score == LIFECYCLE:  # where somebody stood before is in the state alone: it is left as it is
            wanted["scores"][score] = {rule: [points, known.was[score][1]] for (name, rule), points in known.live.items() if name == score}
            wanted.pop("stages", None)
        elif score in rescoring.rules.model.scores:
            for rule, (points, at) in rules.items():
                if not by_traits.get((score, rule)):
                    parts = wanted["scores"].setdefault(score, {})
                    parts[rule] = added(parts.get(rule), points, int(at), rescoring.rules.model.scores[score].half_life_ms)
    return wanted


def _changed(rescoring: Rescoring, state: Mapping[str, Any], known: Published) -> int:
    """Return how many scores differ from what is published, by any of their rules."""
    models = rescoring.rules.model.scores
    wanted = {
        (score, rule): value_at(part, known.was[score][1], models[score].half_life_ms) if score in known.was else part[0]
        for score, parts in state["scores"].items()
        for rule, part in parts.items()
    }
    return len({score for score, rule in wanted.keys() | known.live.keys() if _differs(wanted, known.live, (score, rule))})


def _differs(wanted: Parts, have: Parts, rule: tuple[str, str]) -> bool:
    one, other = wanted.get(rule, 0.0), have.get(rule, 0.0)
    return abs(one - other) > TOLERANCE * max(1.0, abs(one))
