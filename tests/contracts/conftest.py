"""Each implementation of a port, in the hands of the suite that all of them must pass."""

import pytest

from collector.kafka import KafkaDelivery
from collector.publisher import GroupPublisher
from collector.spool import Spool
from collector.spooling import Spooling
from schemas.topics import EVENTS, MAX_RECORD_BYTES, REJECTED
from tests.collector.broker import PARTITIONS
from tests.collector.recording import RecordingPublisher
from tests.sinks.schema import migrated

__all__ = ["migrated"]


class Recorded:
    """The publisher of the collector's own tests."""

    def __init__(self):
        self.publisher = RecordingPublisher()

    async def events(self):
        return self.publisher.events

    async def rejected(self):
        return self.publisher.rejected

    async def go_away(self):
        self.publisher.away = True

    async def come_back(self):
        self.publisher.away = False


class Real:
    """The publisher of production on a real broker."""

    def __init__(self, broker, events, rejected, spool=None):
        self._broker = broker
        self._starts = {EVENTS: events, REJECTED: rejected}
        kafka = KafkaDelivery(broker.connection, partitions=PARTITIONS)
        self.publisher = GroupPublisher(Spooling(kafka, spool) if spool else kafka)

    async def events(self):
        found = {}
        for record in await self._broker.read(EVENTS, self._starts[EVENTS]):
            assert len(record.value) <= MAX_RECORD_BYTES
            assert record.key is None
            found.setdefault(record.partition, []).extend(record.value.split(b"\n"))
        return found

    async def rejected(self):
        return [(record.key, record.value) for record in await self._broker.read(REJECTED, self._starts[REJECTED])]

    async def go_away(self):
        self._broker.freeze()

    async def come_back(self):
        self._broker.thaw()


@pytest.fixture(params=["recording", *(pytest.param(name, marks=pytest.mark.kafka) for name in ("kafka", "full spool"))])
async def target(request, tmp_path):
    """A started publisher, and what became durable of what it was given."""
    if request.param == "recording":
        target = Recorded()
    else:
        broker = request.getfixturevalue("private_broker")
        spool = Spool(tmp_path / "spool", limit=1) if request.param == "full spool" else None
        target = Real(broker, await broker.ends(EVENTS), await broker.ends(REJECTED), spool)
    await target.publisher.start()
    yield target
    await target.publisher.close()
