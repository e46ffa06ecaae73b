"""The view `tasks` tells what the fold tells, of any steps in any order."""

from datetime import UTC, datetime
from random import Random

import pytest

from console.core.tasks import Task, escalation_of, fold, new_step, step_of
from schemas.tasks import StepKind, TaskStep
from tests.sinks.rows import insert, wire

pytestmark = pytest.mark.store

HOUR = 3_600_000
AT = 1_790_000_000_000
PEOPLE = ("ada", "bob", "")
FREE = (StepKind.ASSIGNED, StepKind.COMMENTED, StepKind.DONE, StepKind.REOPENED)


def some_steps(random, number):
    """Steps of one task as they may come: with copies, and in no order."""
    about = {"site": "demo", "task_id": f"t{number}", "subject": "c:anna", "customer_id": "anna", "signal_id": f"s{number}", "trigger": "r"}
    opened = new_step(
        about
        | {
            "kind": "opened",
            "at": AT,
            "title": "Call",
            "due_at": AT + HOUR,
            "owner": random.choice(PEOPLE),
            "escalate_to": "boss",
            "revision": 1,
        }
    )
    task, found = fold([opened]), [opened]
    for revision in range(2, random.choice((2, 2, 3, 4))):
        kind = "withdrawn" if revision % 2 == 0 else "opened"
        found.append(new_step(about | {"kind": kind, "at": AT + random.randrange(3 * HOUR), "revision": revision, "title": "Again"}))
    for nonce in range(random.randrange(6)):
        more = {"made_by": random.choice(PEOPLE), "owner": random.choice(PEOPLE), "nonce": str(nonce), "text": "word"}
        found.append(step_of(task, random.choice(FREE), at=AT + random.randrange(3 * HOUR), **more))
    if random.random() < 0.5:
        found.append(escalation_of(task))
    found += [step | {"at": step["at"] + random.choice((0, 5))} for step in random.sample(found, random.randrange(len(found)))]
    random.shuffle(found)
    return found


def told(row):
    """A row as the fold would say it."""
    times = {name: _ms(row[name]) for name in ("opened_at", "due_at", "done_at", "changed_at")}
    return Task(**(row | times | {"escalated": bool(row["escalated"])}))


def _ms(moment):
    return int(moment.replace(tzinfo=UTC).timestamp() * 1000 + 0.5) if isinstance(moment, datetime) else 0


def test_the_view_is_the_fold(client):
    random = Random(29)
    tasks = [some_steps(random, number) for number in range(150)]
    halves = [step for steps in tasks for step in steps[::2]], [step for steps in tasks for step in steps[1::2]]
    for steps in halves:
        insert(client, "tasks", *(wire(TaskStep, step) for step in steps))
    shown = {row["task_id"]: told(row) for row in client.dicts("SELECT * FROM tasks")}
    assert shown == {f"t{number}": fold(steps) for number, steps in enumerate(tasks)}
    assert {task.state for task in shown.values()} == {"open", "done", "withdrawn"}
