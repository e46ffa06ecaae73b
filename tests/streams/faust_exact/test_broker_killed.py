"""`kill -9` of the broker while transactions run: nothing is lost, doubled, or left invisible."""

import asyncio
import contextlib
import uuid

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from tests.streams.faust_exact.conftest import Broker, Worker, until
from tests.streams.faust_exact.counting import PARTITIONS, Line
from tests.streams.faust_exact.test_exactness import compare
from tests.support.servers import LocalKafka, running

pytestmark = pytest.mark.kafka


class Supervised:
    """A worker that is started again whenever it has ended, as the supervisor does."""

    def __init__(self, *arguments):
        self._arguments = arguments
        self._worker = Worker(*arguments)

    def caught_up(self):
        if self._worker.process.poll() is not None:
            self._worker = Worker(*self._arguments)
        return self._worker.caught_up()

    def end(self):
        self._worker.kill()


async def feed_until(stopped, broker, line):
    following = 0
    while not stopped.is_set():
        with contextlib.suppress(KafkaError):
            await broker.feed(line, following, 20)
        following += 1000  # a part of a batch that failed may be on the topic: its ids are not used again


async def ends(broker, line, isolation):
    consumer = AIOKafkaConsumer(bootstrap_servers=broker.bootstrap, isolation_level=isolation)
    await consumer.start()
    try:
        plain, compacted = line.all_topics()
        return await consumer.end_offsets([TopicPartition(name, number) for name in plain + compacted for number in range(PARTITIONS)])
    finally:
        await consumer.stop()


@pytest.mark.timeout(300)
async def test_killed_under_load_the_broker_leaves_nothing_behind(tmp_path):
    with running(LocalKafka(tmp_path)) as server:
        broker, line = Broker(server.connection.bootstrap), Line(f"test-{uuid.uuid4().hex[:10]}")
        await broker.create(line)
        worker = Supervised(line, broker.bootstrap, tmp_path / "worker.log")
        try:
            await until(worker.caught_up, 60)
            stopped = asyncio.Event()
            feeding = asyncio.create_task(feed_until(stopped, broker, line))
            await asyncio.sleep(1.5)  # not waiting for anything: a time to be killed at
            server.kill()
            await asyncio.to_thread(server.start)
            stopped.set()
            await feeding
            await until(worker.caught_up, 120)
            await compare(broker, line)
            assert await ends(broker, line, "read_committed") == await ends(broker, line, "read_uncommitted")
        finally:
            worker.end()
