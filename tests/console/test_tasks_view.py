"""The view `tasks` tells what the fold tells, of any steps in any order."""

import asyncio
import time
from datetime import UTC, datetime
from random import Random

import pytest

from console.clickhouse import ClickHouseStore
from console.core.tasks import Task, escalation_of, fold, new_step, step_of
from console.escalating import Escalation
from console.questions import question
from console.recording import Steps
from schemas.tasks import StepKind, TaskStep
from tests.sinks.rows import identity, insert, step, wire

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
        found.append(
            new_step(
                about
                | {
                    "kind": kind,
                    "at": AT + random.randrange(3 * HOUR),
                    "revision": revision,
                    "title": "Again",
                    "customer_id": f"c{revision}",
                }
            )
        )
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


class Kept:
    """A writer that keeps what it is given."""

    def __init__(self):
        self.values = []

    async def append(self, _topic, _key, value, **_):
        self.values.append(value)


def test_what_is_overdue_in_the_store_is_handed_on_and_nothing_else(client, migrated):
    now = int(time.time() * 1000)

    def opened(task_id, due_at, **more):
        return step(task_id, at=now - 2 * HOUR, due_at=due_at, customer_id="anna", escalate_to="boss", **more)

    insert(
        client,
        "tasks",
        opened("late", now - HOUR),
        opened("early", now + HOUR),
        opened("done", now - HOUR),
        opened("old", now - 40 * 24 * HOUR),
    )
    insert(client, "tasks", opened("other", now - HOUR, site="blog"), step("done", kind="done", at=now - HOUR - 1))
    writer = Kept()
    escalation = Escalation(ClickHouseStore(migrated), Steps(writer, lambda: now))
    assert asyncio.run(escalation.look()) == 2
    assert {(one["site"], one["task_id"], one["owner"], one["at"]) for one in writer.values} == {
        ("demo", "late", "boss", now - HOUR),
        ("blog", "other", "boss", now - HOUR),
    }
    insert(client, "tasks", *(wire(TaskStep, one) for one in writer.values))
    assert client.rows("SELECT task_id, owner, escalated FROM tasks WHERE escalated ORDER BY task_id") == [
        ("late", "boss", 1),
        ("other", "boss", 1),
    ]
    assert asyncio.run(Escalation(ClickHouseStore(migrated), Steps(Kept(), lambda: now)).look()) == 0


def test_a_customers_tasks_are_also_those_of_browsers_that_became_the_customers(client, migrated):
    insert(client, "identities", identity("va", "anna"), identity("vb", "bob"))
    insert(
        client, "tasks", step("t1", visitor_id="va"), step("t2", customer_id="anna"), step("t3", visitor_id="vb"), step("t1", kind="done")
    )
    asked = question("customer_tasks").sql, {"site": "demo", "customer": "anna"}
    rows = asyncio.run(ClickHouseStore(migrated).ask(*asked))
    assert sorted((row["task_id"], row["kind"]) for row in rows) == [("t1", "done"), ("t1", "opened"), ("t2", "opened")]
