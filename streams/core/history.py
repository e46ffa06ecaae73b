"""Scores from all events of somebody at once, by the same core as live: what the rebuild computes (docs/semantics.md, section 12).

An event is a tracked one, as the store shows it: with its latest customer, session and label.
"""

from collections.abc import Iterable
from typing import Any

from schemas.codec import dumps, join_lines
from streams.core import mail_state, subjects
from streams.core.base import Base, Parts
from streams.core.decay import value_at
from streams.core.lifecycle import LIFECYCLE
from streams.core.state import PartitionState
from streams.core.subject import Subject, SubjectRules, state_key
from streams.core.totals import order_of
from streams.core.work import Arrival, Value, Work

Event = dict[str, Any]

NEGLIGIBLE = 1e-6
"""Parts of a base that are worth less by now are left out: history of long ago is then nobody's state."""


def live_state(site: str, subject: str, events: Iterable[Event], rules: SubjectRules) -> Value:
    """Return the state that the live events of a subject come to, whatever order they came in. Historical ones are left out."""
    live = [event for event in events if not event.get("historical")]
    return _absorbed(site, subject, sorted(live, key=lambda event: (event["received_at"], order_of(event))), rules)


def base_of(site: str, owner: str, events: Iterable[Event], rules: SubjectRules, *, now_ms: int) -> Base:
    """Return what the historical events of a visitor, or of a customer without one, add to scores. Live ones are left out.

    Windows of caps are kept for some days after the receipt of an event: history is taken as if it had been received when it
    happened.
    """
    told = [_as_it_happened(event) for event in events if event.get("historical")]
    state = _absorbed(site, owner, sorted(told, key=order_of), rules)
    return Base(rules.model.version, _parts(state, rules, now_ms), state.get("traits", {}))


def _absorbed(site: str, subject: str, events: list[Event], rules: SubjectRules) -> Value:
    state = PartitionState()
    work = Work(state, {})
    subjects.absorb(join_lines(dumps(_of(event, site, subject)) for event in events), work, rules=rules, arrival=Arrival(0))
    value = state.get(state_key(site, subject)) or {}
    mail_state.stop_waiting(Subject(site, subject, value, rules, work.out))
    return value


def _of(event: Event, site: str, subject: str) -> Event:
    """Return an event as one of the subject: its visitor is kept, which tells the browsers of a customer apart."""
    customer = subject[2:] if subject.startswith("c:") else ""
    return event | {"site": site, "customer_id": customer, "historical": False}


def _as_it_happened(event: Event) -> Event:
    return event | {"received_at": event["event_time"], "session_id": ""}


def _parts(state: Value, rules: SubjectRules, now_ms: int) -> Parts:
    """Return what is worth telling of the parts. What traits earn follows from the traits; stages are of live events alone."""
    of_traits = {(rule.score, rule.name) for found in rules.model.by_trait.values() for rule in found}
    kept: Parts = {}
    for score, parts in state.get("scores", {}).items():
        half_life = rules.model.scores[score].half_life_ms
        for rule, part in parts.items():
            worth = abs(value_at(part, max(now_ms, part[1]), half_life))
            if score != LIFECYCLE and (score, rule) not in of_traits and worth >= NEGLIGIBLE:
                kept.setdefault(score, {})[rule] = part
    return kept
