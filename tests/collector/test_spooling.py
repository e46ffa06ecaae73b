"""Delivery with a spool behind it, over a Kafka that the test holds in its hands."""

import asyncio

import pytest

from collector.ports import Publication, Refused, Spooled
from collector.spool import Spool
from collector.spooling import Spooling
from schemas.errors import Misconfigured, Retryable
from tests.collector.recording import eventually


class Kafka:
    """Takes publications; `answers` is cleared while it is frozen, `error` is raised instead of taking."""

    def __init__(self):
        self.taken = []
        self.started = 0
        self.answers = asyncio.Event()
        self.answers.set()
        self.error = None
        self.spooled = Spooled()

    async def connect(self):
        if self.error:
            raise self.error

    async def deliver(self, publication):
        self.started += 1
        await self.answers.wait()
        if self.error:
            raise self.error
        self.taken += publication.events[0]

    async def probe(self):
        if self.error or not self.answers.is_set():
            raise Retryable("away")
        return "ok"

    async def close(self):
        pass


@pytest.fixture
def kafka():
    return Kafka()


@pytest.fixture
async def start(kafka, tmp_path):
    """Starts a delivery over the test's folder; all are closed at the end."""
    started = []

    async def start_one(**options):
        delivery = Spooling(kafka, Spool(tmp_path, limit=options.pop("limit", 100_000)), patience_s=0.05, **options)
        started.append(delivery)
        await delivery.connect()
        return delivery

    yield start_one
    for delivery in started:
        await delivery.close()


def one(name):
    return Publication({0: [name]})


async def shipped(delivery):
    return delivery.spooled.count == 0


async def test_while_kafka_answers_nothing_is_spooled(start, kafka):
    delivery = await start()
    for name in (b"a", b"b"):
        await delivery.deliver(one(name))
    assert kafka.taken == [b"a", b"b"]
    assert await delivery.probe() == "ok"


async def test_a_flush_that_is_late_is_spooled_and_not_shipped_again_when_it_arrives(start, kafka):
    delivery = await start()
    kafka.answers.clear()
    await delivery.deliver(one(b"a"))
    await delivery.deliver(one(b"b"))
    assert delivery.spooled.count == 2
    assert await delivery.probe() == "away, spooling"
    kafka.answers.set()
    await eventually(lambda: shipped(delivery))
    assert kafka.taken == [b"a", b"b"]
    assert await delivery.probe() == "ok"
    await delivery.deliver(one(b"c"))
    assert kafka.taken == [b"a", b"b", b"c"]


async def test_a_lost_connection_is_spooled_at_once_and_shipped_ahead_of_what_is_new(start, kafka):
    delivery = await start()
    kafka.error = Retryable("away")
    for name in (b"a", b"b", b"c"):
        await delivery.deliver(one(name))
    assert kafka.taken == []
    kafka.error = None
    for number in range(200):
        await delivery.deliver(one(b"%d" % number))
        await asyncio.sleep(0.005)
    await eventually(lambda: shipped(delivery))
    assert kafka.taken == [b"a", b"b", b"c", *(b"%d" % number for number in range(200))]


async def test_a_steady_load_leaves_the_spool_again(start, kafka):
    delivery = await start()
    kafka.error = Retryable("away")
    await delivery.deliver(one(b"first"))
    kafka.error = None
    number = 0
    async with asyncio.timeout(20):
        while delivery.spooled.count:  # there is always a next flush: the spool is never left alone
            await delivery.deliver(one(b"%d" % number))
            number += 1
    assert kafka.taken == [b"first", *(b"%d" % name for name in range(number))]
    started = kafka.started
    await delivery.deliver(one(b"last"))
    assert (kafka.started, kafka.taken[-1]) == (started + 1, b"last")


async def test_what_kafka_will_not_have_is_not_spooled(start, kafka):
    delivery = await start()
    kafka.error = Refused("too large")
    with pytest.raises(Refused):
        await delivery.deliver(one(b"a"))
    kafka.error = None
    assert delivery.spooled.count == 0
    await delivery.deliver(one(b"b"))
    assert kafka.taken == [b"b"]


async def test_a_bug_is_no_absence(start, kafka):
    delivery = await start()
    kafka.error = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        await delivery.deliver(one(b"a"))
    kafka.error = None


async def test_a_full_spool_refuses_and_is_not_ready_until_it_is_shipped(start, kafka):
    delivery = await start(limit=70_000)
    kafka.answers.clear()
    await delivery.deliver(one(b"a" * 60_000))
    with pytest.raises(Retryable, match="spool is full"):
        await delivery.deliver(one(b"b" * 60_000))
    with pytest.raises(Retryable):
        await delivery.probe()
    kafka.answers.set()
    await eventually(lambda: shipped(delivery))
    assert await delivery.probe() == "ok"
    await delivery.deliver(one(b"c"))
    assert [line[:1] for line in kafka.taken] == [b"a", b"c"]


async def test_it_starts_without_kafka_and_ships_what_is_there_when_it_comes(kafka, tmp_path, start, monkeypatch):
    monkeypatch.setattr("collector.spooling.CONNECT_S", 0.05)
    kafka.error = Retryable("away")
    first = await start()
    await first.deliver(one(b"a"))
    await first.close()
    second = await start()
    assert second.spooled.count == 1
    await second.deliver(one(b"b"))
    kafka.error = None
    await eventually(lambda: shipped(second))
    assert kafka.taken == [b"a", b"b"]
    await second.deliver(one(b"c"))
    assert kafka.taken == [b"a", b"b", b"c"]


async def test_a_kafka_that_is_not_what_the_settings_say_stops_the_start(start, kafka):
    kafka.error = Misconfigured("partitions")
    told = []
    with pytest.raises(Misconfigured):
        await start(failed=told.append)
    await asyncio.sleep(0)
    assert told == [kafka.error]


async def test_a_kafka_that_comes_late_and_is_not_what_the_settings_say_is_told(start, kafka, monkeypatch):
    monkeypatch.setattr("collector.spooling.CONNECT_S", 0.05)
    kafka.error = Retryable("away")
    told = []
    delivery = await start(failed=told.append)
    await delivery.deliver(one(b"a"))
    kafka.error = Misconfigured("partitions")

    async def is_told():
        return told == [kafka.error]

    await eventually(is_told)
    assert delivery.spooled.count == 1


async def test_closing_ships_what_goes_quickly(start, kafka):
    delivery = await start()
    kafka.error = Retryable("away")
    await delivery.deliver(one(b"a"))
    kafka.error = None
    await delivery.probe()
    await delivery.close()
    assert kafka.taken == [b"a"]


async def test_a_cancelled_flush_is_cancelled_in_kafka_too(start, kafka):
    delivery = await start()
    kafka.answers.clear()
    task = asyncio.create_task(delivery.deliver(one(b"a")))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    kafka.answers.set()
    await asyncio.sleep(0)
    assert kafka.taken == []
