"""Fresh topics, workers in processes of their own, and what is on the topics afterwards."""

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import time
import uuid

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from tests.streams.faust_exact.counting import PARTITIONS, Line, command, environment, record


class Broker:
    """The real broker, as the tests use it."""

    def __init__(self, bootstrap):
        self.bootstrap = bootstrap

    async def create(self, line):
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await admin.start()
        try:
            plain, compacted = line.all_topics()
            topics = [NewTopic(name, PARTITIONS, 1) for name in plain]
            topics += [
                NewTopic(name, PARTITIONS, 1, topic_configs={"cleanup.policy": "compact", "max.message.bytes": "9000000"})
                for name in compacted
            ]
            await admin.create_topics(topics)
        finally:
            await admin.close()

    @contextlib.asynccontextmanager
    async def producer(self, **settings):
        producer = AIOKafkaProducer(bootstrap_servers=self.bootstrap, **settings)
        try:
            await producer.start()
            yield producer
        finally:
            await producer.stop()

    async def feed(self, line, first, records, per=4):
        async with self.producer(enable_idempotence=True) as producer:
            for number in range(records):
                partition, value = record(first + number * per, per)
                await producer.send(line.source.name, value, partition=partition)
            await producer.flush()
        return first + records * per

    async def read(self, name):
        """Return the committed records of a topic, in order."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.bootstrap, isolation_level="read_committed", auto_offset_reset="earliest", enable_auto_commit=False
        )
        await consumer.start()
        try:
            tps = [TopicPartition(name, number) for number in range(PARTITIONS)]
            consumer.assign(tps)
            ends = await consumer.end_offsets(tps)
            await consumer.seek_to_beginning(*tps)
            found = []
            while any([await consumer.position(tp) < ends[tp] for tp in tps]):
                for batch in (await consumer.getmany(timeout_ms=200)).values():
                    found.extend(batch)
            return sorted(found, key=lambda record: (record.partition, record.offset))
        finally:
            await consumer.stop()


class Worker:
    """One worker process; its output lands in a file."""

    def __init__(self, line, bootstrap, output, *more):
        self.output = output
        self._at = output.stat().st_size if output.exists() else 0
        with output.open("ab") as sink:
            self.process = subprocess.Popen(command(line, bootstrap, *more), stdout=sink, stderr=subprocess.STDOUT, env=environment())

    def text(self):
        return self.output.read_bytes()[self._at :].decode()

    def status(self):
        found = re.findall(r"READY=(\d) LAG=(\d+) DROPPED=(\d+)", self.text())
        return tuple(map(int, found[-1])) if found else (0, 1, 0)

    def owned(self):
        found = re.findall(r"READY=1 .* OWNED=(\d+)", self.text())
        return int(found[-1]) if found else 0

    def caught_up(self):
        return self.status()[:2] == (1, 0)

    def kill(self):
        self.process.kill()
        return self.process.wait()

    def stop(self, seconds=15):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def freeze(self):
        os.kill(self.process.pid, signal.SIGSTOP)

    def thaw(self):
        os.kill(self.process.pid, signal.SIGCONT)

    def code(self, seconds=20):
        return self.process.wait(seconds)


async def until(condition, seconds=30.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        await asyncio.sleep(0.05)


@pytest.fixture
async def broker(kafka):
    return Broker(kafka.bootstrap)


@pytest.fixture
async def line(broker):
    line = Line(f"test-{uuid.uuid4().hex[:10]}")
    await broker.create(line)
    return line


@pytest.fixture
def start(line, broker, tmp_path):
    """Start a worker; every worker is ended with the test."""
    workers = []

    def start_worker(*more, output="worker.log"):
        worker = Worker(line, broker.bootstrap, tmp_path / output, *more)
        workers.append(worker)
        return worker

    yield start_worker
    for worker in workers:
        if worker.process.poll() is None:
            worker.thaw()
            worker.kill()
