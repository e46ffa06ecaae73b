"""Rows as the topics bring them."""

from schemas.audit import AuditEntry
from schemas.codec import dumps, join_lines
from schemas.deliveries import Delivery
from schemas.events import TrackedEvent
from schemas.identities import Identity
from schemas.rejections import RejectedRecord
from schemas.scores import Score, ScoreChange
from schemas.segments import Membership
from schemas.sessions import Session
from schemas.signals import Signal
from schemas.tasks import TaskStep

NOW = 1_790_000_000_000
OFFSET = [0]


def wire(model, values, *, placed=True):
    """A value as it is on the wire: valid, absent where empty; with its place in the topic where the sink adds it."""
    value = model(**values).model_dump(mode="json", exclude_defaults=True)
    value |= {name: given for name, given in values.items() if name in value}
    if not placed:
        return value
    OFFSET[0] += 1
    return {"kafka_partition": 0, "kafka_offset": OFFSET[0], **value}


def event(event_id, **values):
    basics = {
        "site": "demo",
        "kind": "page_view",
        "event_time": NOW,
        "sent_at": NOW,
        "received_at": NOW,
        "ts_source": "client",
        "skew_ms": 0,
    }
    return wire(TrackedEvent, {**basics, "event_id": event_id, **values}, placed=False)


def session(session_id, **values):
    counts = {"events": 1, "page_views": 1, "clicks": 0, "engaged_ms": 0, "span_ms": 0, "engaged": False, "bounced": True}
    basics = {"site": "demo", "visitor_id": "v", "status": "updated", "version": 1, "started_at": NOW, "ended_at": NOW}
    return wire(Session, {**basics, **counts, "session_id": session_id, **values})


def identity(visitor_id, customer_id, **values):
    return wire(
        Identity,
        {"site": "demo", "linked_at": NOW, "event_id": "e", "version": 1, "visitor_id": visitor_id, "customer_id": customer_id, **values},
    )


def score(subject, raw_value, **values):
    basics = {"site": "demo", "score": "engagement", "value": raw_value, "floor": 0.0, "ceiling": 100.0, "band": "A1", "model_version": "1"}
    more = {"half_life_s": 3600.0, "reasons": [], "updated_at": NOW, "version": 1}
    who = {"customer_id": subject[2:]} if subject.startswith("c:") else {"visitor_id": subject[2:]}
    return wire(Score, {**basics, **more, **who, "subject": subject, "raw_value": raw_value, **values})


def change(subject, rule, points, **values):
    basics = {"site": "demo", "score": "engagement", "model_version": "1", "event_id": "e", "event_time": NOW, "before": 0.0, "after": 0.0}
    more = {"band_before": "", "band_after": "", "reason": "event", "at": NOW}
    return wire(ScoreChange, {**basics, **more, "subject": subject, "rule": rule, "points": points, **values})


def membership(subject, segment, **values):
    who = {"customer_id": subject[2:]} if subject.startswith("c:") else {"visitor_id": subject[2:]}
    basics = {"site": "demo", "state": "in", "since": NOW, "version": "1", "why": ["stage is lead"]}
    return wire(Membership, {**basics, **who, "subject": subject, "segment": segment, **values})


def signal(signal_id, **values):
    basics = {"site": "demo", "subject": "c:C", "trigger": "t", "version": "1", "event_id": "e", "fired_at": NOW, "status": "fired"}
    return wire(Signal, {**basics, "reason": "", "payload": {"n": 2}, "at": NOW, "revision": 1, "signal_id": signal_id, **values})


def rejected(**values):
    basics = {"site": "demo", "stage": "collector", "reason": "no_id", "message": "m", "received_at": NOW, "original": "{}"}
    return wire(RejectedRecord, {**basics, **values})


def step(task_id, **values):
    basics = {"site": "demo", "kind": "opened", "at": NOW, "step_id": f"{task_id}-{values.get('kind', 'opened')}", "title": "Call"}
    return wire(TaskStep, {**basics, "task_id": task_id, "due_at": NOW + 3_600_000, **values})


def delivery(signal_id, **values):
    basics = {"site": "demo", "address": "crm", "at": NOW, "attempt": 1, "outcome": "delivered", "status": 200, "took_ms": 12}
    return wire(Delivery, {**basics, "signal_id": signal_id, **values})


def audited(entry_id, **values):
    basics = {"site": "demo", "at": NOW, "made_by": "ada", "action": "looked_at_customer", "who": "hash"}
    return wire(AuditEntry, {**basics, "entry_id": entry_id, **values})


def insert(client, table, *rows, token=""):
    client.insert(f"ingest_{table}", join_lines(map(dumps, rows)), token)
