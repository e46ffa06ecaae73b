"""Who may not wait for Kafka is answered once the disk has the event: once, and only then."""

import asyncio

import pytest

from collector import patience
from collector.patience import Patience
from collector.ports import Publication
from schemas.errors import Retryable
from tests.collector.recording import eventually


class Slow:
    """A publisher that settles nothing by itself, over a disk that may be full."""

    def __init__(self):
        self.submitted, self.kept, self.full, self.writing = [], [], False, asyncio.Event()
        self.writing.set()

    def submit(self, publication, done):
        self.submitted.append(done)

    async def keep(self, publication):
        self.kept.append(publication)
        await self.writing.wait()
        if self.full:
            raise Retryable("full")


@pytest.fixture
def slow(monkeypatch):
    monkeypatch.setattr(patience, "PATIENCE_S", 0.02)
    return Slow()


async def told(number, said):
    async def enough():
        return len(said) >= number

    await eventually(enough)


async def test_what_waits_too_long_is_kept_at_once_and_answered_once(slow):
    said, patient = [], Patience(slow)
    patient.submit(Publication({1: [b"a"]}), said.append)
    patient.submit(Publication({1: [b"b"], 2: [b"c"]}, [(b"k", b"v")]), said.append)
    assert not said
    await told(2, said)
    (kept,) = slow.kept
    assert (kept.events, kept.rejected) == ({1: [b"a", b"b"], 2: [b"c"]}, [(b"k", b"v")])
    for done in slow.submitted:
        done(None)
    assert said == [None, None]


async def test_what_kafka_takes_in_time_is_not_kept(slow):
    said, patient = [], Patience(slow)
    patient.submit(Publication({1: [b"a"]}), said.append)
    slow.submitted.pop()(None)
    patient.submit(Publication({1: [b"b"]}), said.append)
    await told(2, said)
    assert [kept.events for kept in slow.kept] == [{1: [b"b"]}]


async def test_a_full_disk_is_told(slow):
    slow.full = True
    said, patient = [], Patience(slow)
    patient.submit(Publication({1: [b"a"]}), said.append)
    await told(1, said)
    assert isinstance(said[0], Retryable)


async def test_kafka_may_answer_while_the_disk_is_written(slow):
    slow.writing.clear()
    said, patient = [], Patience(slow)
    patient.submit(Publication({1: [b"a"]}), said.append)
    await told(1, slow.kept)
    slow.submitted.pop()(None)
    assert said == [None]
    slow.writing.set()
    patient.submit(Publication({1: [b"b"]}), said.append)
    await told(2, said)
    assert (said, len(slow.kept)) == ([None, None], 2)
