"""A signal becomes a task in somebody's list; what is done about it is durable before the page says so, and shown at once."""

import asyncio
import re
from datetime import UTC, datetime

import pytest

from console.core.opening import HOUR_MS, SiteRules, TaskRule
from console.core.tasks import escalation_of, fold, new_step
from console.escalating import Escalation
from console.opening import Opener
from console.recording import LATELY_MS, Steps
from schemas.codec import dumps
from schemas.errors import Retryable
from schemas.tasks import TaskStep
from sinks.core.planning import Record
from sinks.ports import Partition
from tests.console.core.test_opening import signal
from tests.console.test_journal import Kafka, Rig

NOW = 1_800_000_000_000
OPENED = new_step(
    {"site": "shop", "task_id": "t1", "kind": "opened", "at": NOW - HOUR_MS, "title": "Call anna", "due_at": NOW + HOUR_MS}
    | {"customer_id": "anna", "subject": "c:anna", "owner": "ada", "escalate_to": "root", "signal_id": "s1", "trigger": "asked"}
)


def stored(step):
    """A step as the store tells it."""
    return step | {name: datetime.fromtimestamp(step[name] / 1000, UTC) for name in ("at", "due_at")}


def task_row(steps):
    task = fold(steps)
    values = {name: getattr(task, name) for name in task.__slots__}
    times = {
        name: datetime.fromtimestamp(values[name] / 1000, UTC) if values[name] else None
        for name in ("opened_at", "due_at", "changed_at", "done_at")
    }
    return values | times


@pytest.fixture
def rig(tmp_path):
    rig = Rig(tmp_path)
    rig.store.answers["FROM task_steps"] = [stored(OPENED)]
    rig.store.answers["ORDER BY state = 'open'"] = [task_row([OPENED])]
    rig.sign_in()
    return rig


def csrf(rig, path="tasks/t1"):
    page = rig.get(path).text
    return {name: re.search(rf'name="{name}" value="([^"]+)"', page)[1] for name in ("csrf", "nonce")}


def send(rig, path="tasks/t1", **form):
    return rig.browser.post(f"/s/shop/{path}", data=form)


def steps(rig):
    return [value for value in rig.kafka.values if "step_id" in value]


def test_the_list_shows_whose_it_is_and_until_when(rig):
    text = rig.get("tasks").text
    assert "Call anna" in text
    assert "01-15 09:00" in text
    assert rig.store.asked[-2]["owner"] == "ada"
    assert "customers/anna" in text


def test_what_is_done_is_written_before_the_page_says_so_and_shown_at_once(rig):
    told = csrf(rig)
    assert send(rig, act="comment", text="no answer <b>yet</b>", **told).status_code == 303
    assert send(rig, act="done", **told).status_code == 303
    assert [(step["kind"], step["made_by"], step["customer_id"], step["text"]) for step in steps(rig)] == [
        ("commented", "ada", "anna", "no answer <b>yet</b>"),
        ("done", "ada", "anna", ""),
    ]
    assert all(TaskStep(**step).model_dump(mode="json") == step for step in steps(rig))
    page = rig.get("tasks/t1").text
    assert "no answer &lt;b&gt;yet&lt;/b&gt;" in page
    assert "by ada" in page
    assert "Call anna" not in rig.get("tasks").text, "done is not open, whatever the store still says"
    assert "Call anna" in rig.get("tasks?show=done").text
    audited = [_audited(value) for value in rig.kafka.values if "action" in value]
    assert audited[1:] == [
        ("ada", "looked_at_customer", "anna", "task"),
        ("ada", "changed_task", "anna", "commented"),
        ("ada", "changed_task", "anna", "done"),
        ("ada", "looked_at_customer", "anna", "task"),
        ("ada", "listed_customers", "", "tasks, done"),
    ], "whom a task is about is seen, and recorded"


def _audited(value):
    return tuple(value.get(name, "") for name in ("made_by", "action", "customer_id", "detail"))


def test_after_a_minute_the_store_alone_is_believed(rig):
    clock = [NOW]
    kept = Steps(Kafka(), lambda: clock[0])
    asyncio.run(kept.add(OPENED))
    assert kept.lately("shop") == [OPENED]
    assert kept.lately("blog") == []
    clock[0] += LATELY_MS + 1
    assert kept.lately("shop") == []


def test_a_form_that_is_sent_twice_is_one_step_and_another_look_makes_another(rig):
    told = csrf(rig)
    for _ in range(2):
        send(rig, act="comment", text="called", **told)
    send(rig, act="comment", text="called", **csrf(rig))
    assert len({step["step_id"] for step in steps(rig)}) == 2


def test_a_task_is_taken_given_to_who_may_act_and_given_back(rig):
    told = csrf(rig)
    send(rig, act="take", **told)
    send(rig, act="assign", owner="root", **told)
    assert send(rig, act="assign", owner="vera", **told).status_code == 404, "a viewer could do nothing about it"
    assert send(rig, act="assign", owner="nobody", **told).status_code == 404
    send(rig, act="assign", owner="", **told)
    assert [step["owner"] for step in steps(rig)] == ["ada", "root", ""]


def test_while_kafka_is_away_the_page_says_so_and_nothing_is_shown_as_done(rig):
    told = csrf(rig)
    rig.kafka.away = True
    answer = send(rig, act="done", **told)
    assert answer.status_code == 503
    assert "not confirmed" in answer.text
    assert "Call anna" in rig.get("tasks").text


def test_whoever_may_look_sees_tasks_and_only_an_analyst_acts(rig):
    told = csrf(rig)
    assert send(rig, act="done", csrf="wrong", nonce="n").status_code == 403
    assert send(rig, act="done").status_code == 403
    rig.sign_in("vera")
    page = rig.get("tasks/t1")
    assert page.status_code == 200
    assert "<textarea" not in page.text
    assert send(rig, act="done", **told).status_code == 403
    assert send(rig, "tasks", title="x", **told).status_code == 403
    assert steps(rig) == []


def test_somebody_writes_a_task_on_a_customers_page(rig):
    told = csrf(rig, "customers/anna")
    for _ in range(2):
        answer = send(rig, "tasks", title="Send the offer", customer="anna", owner="ada", hours="2", **told)
        assert answer.status_code == 303
    first, again = steps(rig)
    assert first["step_id"] == again["step_id"]
    assert (first["task_id"], first["subject"], first["due_at"] - first["at"]) == (first["step_id"], "c:anna", 2 * HOUR_MS)
    assert "Send the offer" in rig.get("tasks").text
    assert "Send the offer" in rig.get("customers/anna").text
    assert send(rig, "tasks", title=" ", **told).status_code == 404


def test_steps_stand_in_the_customers_story_beside_events(rig):
    send(rig, act="comment", text="no answer", **csrf(rig))
    text = rig.get("customers/anna").text
    story = text[text.index('id="story"') :]
    assert "Comment on the task by ada: “no answer”" in story
    assert "Task opened: Call anna, for ada" in story
    assert "2 steps of tasks" in story


def test_a_task_of_nobody_is_a_sentence(rig):
    rig.store.answers["FROM task_steps"] = []
    answer = rig.get("tasks/unknown")
    assert answer.status_code == 404
    assert "Go back to Tasks." in answer.text
    assert send(rig, act="done", csrf=re.search(r'name="csrf" value="([^"]+)"', answer.text)[1]).status_code == 404


class Signals:
    """A source of one partition: what it holds is read once, and committed offsets are kept."""

    def __init__(self, *values):
        self.records = [Record(number, NOW, b"", value) for number, value in enumerate(values)]
        self.partition, self.committed = Partition("signals", 0), None

    def assigned(self):
        return {self.partition: "mark"}

    async def poll(self, _):
        found, self.records = self.records, []
        return {self.partition: found} if found else {}

    async def commit(self, offsets, _):
        self.committed = offsets[self.partition][0]
        return True


def opener(source, kafka, rules=None):
    return Opener(source, Steps(kafka, lambda: NOW), lambda _: rules or SiteRules(), lambda: NOW)


def test_signals_become_tasks_and_are_committed_after_that():
    kafka = Kafka()
    source = Signals(dumps(signal(at=NOW)), b"no signal", dumps(signal(status="suppressed_late", signal_id="s2", at=NOW)), None)
    asyncio.run(opener(source, kafka, SiteRules({"*": TaskRule(owner="ada")})).step())
    assert [(step["kind"], step["owner"], step["signal_id"]) for step in kafka.values] == [("opened", "ada", "s1")]
    assert source.committed == 4


def test_a_signal_is_not_committed_before_kafka_has_its_step(monkeypatch):
    monkeypatch.setattr("console.opening.PAUSE_S", 0.01)
    kafka, source = Kafka(), Signals(dumps(signal(at=NOW)))
    kafka.away = True

    async def run():
        working = asyncio.create_task(opener(source, kafka).step())
        while not kafka.refused:  # noqa: ASYNC110 - two steps of the same loop, nobody else is there to wait for
            await asyncio.sleep(0)
        assert source.committed is None
        kafka.away = False
        await working

    asyncio.run(run())
    assert source.committed == 1
    assert len({step["step_id"] for step in kafka.values}) == 1


class Overdue:
    """A store that goes on saying for a while that a task is overdue."""

    async def ask(self, _sql, _parameters):
        return [task_row([OPENED])]


def test_what_is_overdue_is_handed_on_once_by_each_and_is_the_same_step_of_all():
    kafka = Kafka()
    first, second = (Escalation(Overdue(), Steps(kafka, lambda: NOW)) for _ in range(2))
    assert [asyncio.run(first.look()), asyncio.run(first.look()), asyncio.run(second.look())] == [1, 0, 1]
    assert kafka.values[0] == kafka.values[1] == escalation_of(fold([OPENED]))
    assert fold([OPENED, *kafka.values]).owner == "root"
    assert [kafka.values[0][name] for name in ("title", "trigger", "signal_id")] == ["Call anna", "asked", "s1"], "a webhook reads it alone"


def test_an_escalation_that_kafka_did_not_take_is_tried_again():
    kafka = Kafka()
    escalation = Escalation(Overdue(), Steps(kafka, lambda: NOW))
    kafka.away = True
    with pytest.raises(Retryable):
        asyncio.run(escalation.look())
    kafka.away = False
    assert asyncio.run(escalation.look()) == 1
