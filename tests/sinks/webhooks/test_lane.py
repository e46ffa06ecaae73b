"""One address's lane over real HTTP, with records from memory."""

import asyncio
import json
import time
from contextlib import asynccontextmanager

import pytest
from prometheus_client import CollectorRegistry

from schemas.codec import dumps
from schemas.deliveries import Delivery
from schemas.errors import Retryable
from schemas.rejections import RejectedRecord
from schemas.topics import TASKS
from sinks.core.planning import Record
from sinks.ports import Partition, Place
from sinks.webhooks.core.alerts import Address
from sinks.webhooks.core.retrying import Retrying
from sinks.webhooks.courier import Courier
from sinks.webhooks.http import HttpCaller
from sinks.webhooks.lane import WINDOW, Lane
from sinks.webhooks.metrics import WebhookMetrics
from tests.sinks.webhooks.signals_made import a_step, encoded
from tests.support.receiver import Receiver

KEYS = (b"k" * 24,)
FAST = Retrying(first_s=0.02, longest_s=0.1)


class Memory:
    """A `Source` of one partition."""

    def __init__(self, *values, published=None, topic="signals"):
        at = int(time.time() * 1000) if published is None else published
        self.records = [Record(offset, at, b"k", value) for offset, value in enumerate(values)]
        self.place = Partition(topic, 0)
        self.at, self.committed_offset, self.held = 0, None, {self.place: object()}

    def assigned(self):
        return self.held

    def places(self):
        return {self.place: Place(self.at, len(self.records), 0)} if self.held else {}

    async def poll(self, timeout_s):
        await asyncio.sleep(0.01)
        read, self.at = self.records[self.at :], len(self.records)
        return {self.place: read} if read and self.held else {}

    async def commit(self, offsets, marks):
        assert marks[self.place] is self.held[self.place]
        self.committed_offset = offsets[self.place][0]
        return True


class Letters:
    def __init__(self, failures=0):
        self.records, self.failures = [], failures

    async def reject(self, records):
        if self.failures:
            self.failures -= 1
            raise Retryable("Kafka took no rejected record.")
        self.records += records


@pytest.fixture
def receiver():
    with Receiver() as started:
        yield started


@asynccontextmanager
async def running(receiver, source, *, path="/hook", retrying=FAST, letters=None, registry=None, call_s=5.0, history=None, **address):
    caller, stop = HttpCaller(call_s=call_s), asyncio.Event()
    told = Address("crm", receiver.url(path), KEYS, **address)
    courier = Courier(told, caller, letters or Letters(), WebhookMetrics(registry or CollectorRegistry()), retrying=retrying)
    courier.history = history or courier.history
    lane = Lane(told, source, courier)
    task = asyncio.create_task(lane.run(stop))
    try:
        yield lane
    finally:
        stop.set()
        await asyncio.wait_for(task, 10)
        await caller.stop()


async def until(condition, seconds=10.0):
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what happens is another thread's
            await asyncio.sleep(0.01)


async def test_each_alert_is_called_once_and_its_offset_follows_the_answer(receiver):
    source, registry = (
        Memory(*(encoded(number) for number in range(150)), encoded(150, status="suppressed_late"), b"junk"),
        CollectorRegistry(),
    )
    async with running(receiver, source, registry=registry) as lane:
        await until(lambda: source.committed_offset == 152)
        assert lane.lag() == 0
        assert lane.check() == "ok"
    assert sorted(receiver.ids("/hook")) == sorted(f"s{number}" for number in range(150))
    assert registry.get_sample_value("footprint_webhooks_alerts_total", {"address": "crm", "outcome": "delivered"}) == 150


class Kept:
    """A history in memory."""

    def __init__(self):
        self.calls = []

    async def note(self, delivery):
        self.calls.append(Delivery(**delivery))


async def test_each_call_and_the_end_of_trying_are_kept_without_urls(receiver):
    receiver.behave["/hook"] = [503, "hang", 200, 410]
    history, source = Kept(), Memory(encoded(1), encoded(2))
    async with running(receiver, Memory(encoded(1)), history=history, call_s=0.2):
        await until(lambda: len(history.calls) == 3)
    async with running(receiver, source, history=history, call_s=0.2):
        await until(lambda: len(history.calls) == 6)
    first = [(call.signal_id, call.attempt, call.outcome.value, call.status) for call in history.calls[:3]]
    assert first == [("s1", 1, "failed", 503), ("s1", 2, "failed", 0), ("s1", 3, "delivered", 200)]
    assert history.calls[1].problem == "no answer within 0.2 s"
    assert sorted(call.outcome.value for call in history.calls[3:]) == ["delivered", "given_up", "refused"]
    assert "http" not in repr(history.calls)


async def test_a_receiver_that_fails_and_recovers_gets_the_same_id_and_body(receiver):
    receiver.behave["/hook"] = [500, 503, 302, (301, {"location": receiver.url("/elsewhere")})]
    source = Memory(encoded(1))
    async with running(receiver, source):
        await until(lambda: source.committed_offset == 1)
    assert receiver.ids("/hook") == ["s1"] * 5
    assert len({call.body for call in receiver.calls}) == 1
    assert receiver.ids("/elsewhere") == []


async def test_nothing_is_committed_past_an_alert_that_waits(receiver):
    receiver.behave["/hook"] = [500] * 1000
    source = Memory(encoded(1), encoded(2, status="withdrawn"))
    async with running(receiver, source) as lane:
        await until(lambda: len(receiver.calls) >= 3)
        assert source.committed_offset in (None, 0)
        assert lane.lag() == 1
        assert lane.check() == "status 500"


async def test_a_call_that_hangs_is_ended_and_made_again(receiver):
    receiver.behave["/hook"] = ["hang"]
    source = Memory(encoded(1))
    async with running(receiver, source, call_s=0.2):
        await until(lambda: source.committed_offset == 1)
    assert receiver.ids("/hook") == ["s1", "s1"]


async def test_an_address_that_asks_for_a_pause_is_left_alone(receiver):
    receiver.behave["/hook"] = [(429, {"retry-after": "1"})]
    source, began = Memory(encoded(1)), time.monotonic()
    async with running(receiver, source):
        await until(lambda: source.committed_offset == 1)
    assert time.monotonic() - began >= 1.0
    assert len(receiver.calls) == 2


async def test_what_a_receiver_never_takes_is_a_dead_letter_and_holds_up_nothing(receiver):
    receiver.behave["/hook"] = [422]
    source, letters = Memory(encoded(1)), Letters(failures=0)
    async with running(receiver, source, letters=letters):
        await until(lambda: source.committed_offset == 1)
    (letter,) = letters.records
    RejectedRecord.model_validate(letter)
    assert (letter["stage"], letter["reason"], letter["event_id"]) == ("webhooks", "undelivered", "e1")
    assert "status 422" in letter["message"]
    assert json.loads(letter["original"])["signal_id"] == "s1"


async def test_an_alert_a_day_old_is_tried_once_more_and_then_a_dead_letter(receiver):
    receiver.behave["/hook"] = [500] * 10
    source, letters = Memory(encoded(1), published=1), Letters()
    async with running(receiver, source, letters=letters):
        await until(lambda: source.committed_offset == 1)
    assert receiver.ids("/hook") == ["s1"]
    assert len(letters.records) == 1


async def test_an_alert_is_not_done_before_its_dead_letter_is_durable(receiver, monkeypatch):
    monkeypatch.setattr("sinks.webhooks.courier.BROKER_PAUSE_S", 0.02)
    receiver.behave["/hook"] = [410]
    source, letters = Memory(encoded(1)), Letters(failures=2)
    async with running(receiver, source, letters=letters):
        await until(lambda: source.committed_offset == 1)
    assert len(letters.records) == 1


async def test_a_signal_that_was_withdrawn_while_it_waited_is_not_told(receiver):
    receiver.behave["/hook"] = [500]
    source = Memory(encoded(1), encoded(1, status="withdrawn", revision=2))
    async with running(receiver, source):
        await until(lambda: source.committed_offset == 2)
    assert receiver.ids("/hook") in ([], ["s1"])
    assert receiver.answered["/hook", 200] == 0


async def test_escalations_are_told_once_whoever_made_the_step_and_not_when_the_task_was_done_meanwhile(receiver):
    receiver.behave["/hook"] = [500, 500]
    done, copy = a_step("done", task_id="t2"), dumps(a_step())
    source = Memory(
        copy, copy, dumps(a_step(step_id="late", task_id="t2")), dumps(done), dumps(a_step("opened")), encoded(1), topic=TASKS.name
    )
    history = Kept()
    async with running(receiver, source, history=history, tells=frozenset({"escalations"})):
        await until(lambda: source.committed_offset == 6)
        source.records.append(Record(6, int(time.time() * 1000), b"k", copy))
        await until(lambda: source.committed_offset == 7)
    assert receiver.answered["/hook", 200] == 1
    assert receiver.ids("/hook").count("escalated-1") >= 1
    assert [call.signal_id for call in history.calls if call.outcome.value == "delivered"] == ["escalated-1"]
    assert json.loads(receiver.calls[-1].body)["type"] == "task.escalated"


async def test_a_signal_that_fires_again_is_told_once(receiver):
    source = Memory(encoded(1))
    async with running(receiver, source):
        await until(lambda: source.committed_offset == 1)
        at = int(time.time() * 1000)
        source.records += [Record(1, at, b"k", encoded(1, status="withdrawn", revision=2)), Record(2, at, b"k", encoded(1, revision=3))]
        await until(lambda: source.committed_offset == 3)
    assert receiver.ids("/hook") == ["s1"]


async def test_one_hanging_address_holds_up_no_other_and_takes_no_more_than_its_window(receiver):
    receiver.behave["/slow"] = ["hang"] * 1000
    values = [encoded(number) for number in range(3 * WINDOW)]
    slow, quick = Memory(*values), Memory(*values)
    async with running(receiver, slow, path="/slow", call_s=0.5) as lane, running(receiver, quick, path="/quick"):
        await until(lambda: quick.committed_offset == len(values))
        assert lane.pending <= WINDOW
        assert slow.committed_offset in (None, 0)
        receiver.behave["/slow"] = []
        receiver.released.set()
        await until(lambda: slow.committed_offset == len(values))
    assert set(receiver.ids("/slow")) == set(receiver.ids("/quick"))


async def test_a_partition_that_went_to_another_member_is_let_go(receiver):
    receiver.behave["/hook"] = [500] * 1000
    source = Memory(encoded(1))
    async with running(receiver, source) as lane:
        await until(lambda: len(receiver.calls) >= 2)
        source.held = {}
        await until(lambda: lane.pending == 0)
        assert lane.lag() is None
    assert source.committed_offset in (None, 0)
