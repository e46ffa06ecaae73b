"""The group commit over a delivery that the test holds in its hands."""

import asyncio

import pytest

from collector.group import GroupCommit
from collector.ports import Publication, publish
from schemas.errors import Retryable


class Delivery:
    """Takes flushes; each ends when the test says so."""

    def __init__(self):
        self.flushes = []
        self.gate = asyncio.Event()
        self.error = None

    async def __call__(self, publication):
        self.flushes.append(publication)
        await self.gate.wait()
        if self.error is not None:
            raise self.error


@pytest.fixture
def delivery():
    return Delivery()


@pytest.fixture
async def group(delivery):
    group = GroupCommit(delivery, deadline_s=0.01)
    group.start()
    yield group
    delivery.gate.set()
    await group.close()


def one(name, partition=0):
    return Publication({partition: [name]})


async def flushing(delivery, count=1):
    async with asyncio.timeout(10):
        while True:
            if len(delivery.flushes) == count:
                return
            await asyncio.sleep(0.001)


async def test_what_arrives_during_a_flush_is_the_next_flush(delivery):
    group = GroupCommit(delivery)
    group.start()
    first = asyncio.create_task(publish(group, one(b"a")))
    await flushing(delivery)
    rest = [asyncio.create_task(publish(group, Publication({n % 2: [b"%d" % n]}, [(b"k", b"r")]))) for n in range(6)]
    await asyncio.sleep(0)
    assert not first.done()
    delivery.gate.set()
    await asyncio.gather(first, *rest)
    assert [flush.events for flush in delivery.flushes] == [{0: [b"a"]}, {0: [b"0", b"2", b"4"], 1: [b"1", b"3", b"5"]}]
    assert len(delivery.flushes[1].rejected) == 6
    await group.close()


async def test_a_flush_past_its_deadline_tells_all_who_wait_and_new_ones_at_once(group, delivery):
    first = asyncio.create_task(publish(group, one(b"a")))
    await flushing(delivery)
    second = asyncio.create_task(publish(group, one(b"b")))
    for waiting in (first, second):
        with pytest.raises(Retryable):
            await waiting
    assert group.stalled
    with pytest.raises(Retryable):
        await publish(group, one(b"c"))
    assert len(delivery.flushes) == 1


async def test_a_stalled_flush_that_ends_lets_new_ones_through(group, delivery):
    with pytest.raises(Retryable):
        await publish(group, one(b"a"))
    delivery.gate.set()
    async with asyncio.timeout(10):
        while True:
            if not group.stalled:
                break
            await asyncio.sleep(0.001)
    await publish(group, one(b"b"))
    assert [flush.events for flush in delivery.flushes] == [{0: [b"a"]}, {0: [b"b"]}]


@pytest.mark.parametrize("error", [Retryable("away"), ZeroDivisionError()])
async def test_a_failed_flush_fails_its_requests_and_no_others(group, delivery, error):
    delivery.gate.set()
    delivery.error = error
    with pytest.raises(type(error)):
        await publish(group, one(b"a"))
    delivery.error = None
    await publish(group, one(b"b"))


async def test_a_client_that_leaves_does_not_disturb_the_others(group, delivery):
    leaving = asyncio.create_task(publish(group, one(b"a")))
    staying = asyncio.create_task(publish(group, one(b"b")))
    await asyncio.sleep(0)
    leaving.cancel()
    delivery.gate.set()
    await staying
    assert delivery.flushes[0].events == {0: [b"a", b"b"]}


async def test_closing_flushes_what_waits(delivery):
    group = GroupCommit(delivery, linger_s=0.05)
    group.start()
    waiting = asyncio.create_task(publish(group, one(b"a")))
    await asyncio.sleep(0)
    delivery.gate.set()
    await group.close()
    await waiting
    assert [flush.events for flush in delivery.flushes] == [{0: [b"a"]}]


async def test_closing_leaves_nobody_waiting(delivery):
    group = GroupCommit(delivery, deadline_s=0.01)
    group.start()
    waiting = [asyncio.create_task(publish(group, one(b"a")))]
    await flushing(delivery)
    waiting.append(asyncio.create_task(publish(group, one(b"b"))))
    await group.close()
    for task in waiting:
        with pytest.raises(Retryable):
            await task
