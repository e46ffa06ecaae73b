"""The two agents: pure cores on the delivery machinery. Each reads, calls one core function, and the machinery writes."""

from collections.abc import Callable
from functools import partial
from typing import Any

from schemas.topics import (
    EVENTS,
    IDENTITIES,
    MODELS,
    PREFERENCES,
    REJECTED,
    SCORE_CHANGES,
    SCORES,
    SESSIONS,
    SIGNALS,
    SUBJECTS_STATE,
    TRACKED,
    VISITORS_STATE,
)
from streams.core import subjects, visitors, visits
from streams.core.rulebook import Rulebook
from streams.core.rules import VisitorRules
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
