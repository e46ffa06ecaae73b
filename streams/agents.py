"""The agents: pure cores on the delivery machinery. Each reads, calls one core function, and the machinery writes."""

from collections.abc import Callable
from functools import partial
from typing import Any

from schemas.topics import (
    EVENTS,
    IDENTITIES,
    MODELS,
    PREFERENCES,
    PREFERENCES_GATHERED,
    PROFILE_FACTS,
    PROFILES,
    PROFILES_STATE,
    REJECTED,
    SCORE_CHANGES,
    SCORES,
    SCORES_GATHERED,
    SEGMENT_DEFINITIONS,
    SEGMENTS,
    SESSIONS,
    SIGNALS,
    SUBJECTS_STATE,
    TRACKED,
    TRACKED_GATHERED,
    VISITORS_STATE,
    StateTopic,
    Topic,
)
from streams.core import gathering, profiles, subjects, visitors, visits
from streams.core.rulebook import Rulebook
from streams.core.rules import VisitorRules
from streams.core.segment_book import SegmentBook
from streams.core.work import Arrival, Value, Work
from streams.faust_exact.hop import Hop, Moment

Core = Callable[..., Any]


def visitors_hop(rules: VisitorRules) -> Hop:
    """Return the agent that makes tracked events, sessions and identities out of accepted events."""
    return Hop(
        "visitors",
        EVENTS,
        VISITORS_STATE,
        outputs=(TRACKED, SESSIONS, IDENTITIES, REJECTED),
        absorb=partial(_absorb, visitors.absorb, rules),
        advance=partial(_advance, visitors.advance, rules),
        flush=partial(_flush, visitors.flush, rules),
        watermark=_visitors_watermark,
        progress=visitors.watermark,
        upgrades={2: visits.with_ties},
    )


def subjects_hop(rules: subjects.SubjectRules | Rulebook) -> Hop:
    """Return the agent that makes scores, score changes and signals out of tracked events."""
    return Hop(
        "subjects",
        TRACKED,
        SUBJECTS_STATE,
        outputs=(EVENTS, TRACKED, SCORES, SCORE_CHANGES, SIGNALS, PREFERENCES, MODELS, REJECTED),
        absorb=partial(_absorb, subjects.absorb, rules),
        advance=partial(_advance, subjects.advance, rules),
        flush=partial(_flush, subjects.flush, rules),
        watermark=_no_watermark,
        progress=subjects.watermark,
    )


def gathering_hops(partitions: int) -> tuple[Hop, ...]:
    """Return the agents that make facts of profiles out of what other agents publish."""
    rules = gathering.Gathering(partitions)
    cores: tuple[tuple[str, Topic, StateTopic, Core], ...] = (
        ("gather-scores", SCORES, SCORES_GATHERED, gathering.of_scores),
        ("gather-preferences", PREFERENCES, PREFERENCES_GATHERED, gathering.of_preferences),
        ("gather-tracked", TRACKED, TRACKED_GATHERED, gathering.of_tracked),
    )
    return tuple(
        Hop(
            name,
            source,
            state,
            outputs=(PROFILE_FACTS,),
            absorb=partial(_absorb, core, rules),
            advance=_nothing_due,
            flush=_nothing_due,
            watermark=_no_watermark,
        )
        for name, source, state, core in cores
    )


def profiles_hop(partitions: int) -> Hop:
    """Return the agent that makes profiles and memberships of segments out of facts."""
    book = SegmentBook(partitions)
    return Hop(
        "profiles",
        PROFILE_FACTS,
        PROFILES_STATE,
        outputs=(PROFILES, SEGMENTS, SEGMENT_DEFINITIONS, PROFILE_FACTS, REJECTED),
        absorb=partial(_absorb, profiles.absorb, book),
        advance=partial(_advance_profiles, book),
        flush=_nothing_due,
        watermark=_no_watermark,
    )


def _advance_profiles(book: SegmentBook, work: Work, moment: Moment) -> bool:
    return profiles.advance(work, rules=book, now_ms=moment.now_ms, behind=moment.behind)


def _nothing_due(work: Work, moment: Moment) -> bool:
    del work, moment
    return False


def _absorb(core: Core, rules: Any, value: bytes, work: Work, arrival: Arrival) -> None:
    core(value, work, rules=rules, arrival=arrival)


def _advance(core: Core, rules: Any, work: Work, moment: Moment) -> bool:
    return bool(core(work, rules=rules, now_ms=moment.now_ms, quiet=moment.quiet))


def _flush(core: Core, rules: Any, work: Work, moment: Moment) -> bool:
    return bool(core(work, rules=rules, now_ms=moment.now_ms))


def _visitors_watermark(meta: Value) -> int | None:
    """Before its first live event a partition has no watermark: it must not hold back the minimum over all sources."""
    return visitors.watermark(meta) or None


def _no_watermark(meta: Value) -> int | None:
    """What subjects send to each other says nothing about the progress of events."""
    del meta
    return None
