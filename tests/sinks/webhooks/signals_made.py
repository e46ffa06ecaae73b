"""Signals for tests of webhooks."""

import time

from schemas.codec import dumps
from schemas.signals import Signal
from schemas.tasks import TaskStep


def a_signal(number, **fields):
    now = int(time.time() * 1000)
    made = {
        "signal_id": f"s{number}",
        "site": "demo",
        "subject": "c:anna",
        "customer_id": "anna",
        "trigger": "price_page_twice",
        "version": "shipped-1",
        "event_id": f"e{number}",
        "fired_at": now,
        "status": "fired",
        "reason": "the count was reached",
        "payload": {"url_path": "/pricing", "count": 2, "within_s": 604800},
        "at": now,
        "revision": 1,
    }
    made |= fields
    Signal.model_validate(made)
    return made


def a_step(kind="escalated", **fields):
    now = int(time.time() * 1000)
    made = {"step_id": f"{kind}-1", "site": "demo", "task_id": "t1", "kind": kind, "at": now, "subject": "c:anna", "customer_id": "anna"}
    made |= {"trigger": "price_page_twice", "title": "Call and offer a trial", "owner": "ada", "due_at": now} if kind == "escalated" else {}
    return TaskStep(**made | fields).model_dump(mode="json")


def encoded(number, **fields):
    return dumps(a_signal(number, **fields))
