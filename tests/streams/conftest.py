"""A broker of its own with the product's topics, and `footprint streams` as a process."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import defaultdict
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from footprint import topics
from footprint.demo.line import PROGRAM
from footprint.local.ports import LOOPBACK, free_port
from footprint.settings import PREFIX, Settings
from schemas.codec import dumps, loads, partition_of
from schemas.topics import EVENTS
from tests.support.servers import LocalKafka, running
from tests.support.waiting import eventually

PARTITIONS = 2


STEADY_S = 1.0


class Streams:
    """One `footprint streams` process, or one of `footprint profiles`."""

    def __init__(self, bootstrap, folder, part="streams"):
        self.port, self.output = free_port(), folder / f"{part}.log"
        own = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        own |= {f"{PREFIX}KAFKA_BOOTSTRAP": bootstrap, f"{PREFIX}PARTITIONS": str(PARTITIONS)}
        with self.output.open("ab") as sink:
            command = [sys.executable, "-c", PROGRAM, part, "--health-port", str(self.port)]
            self.process = subprocess.Popen(command, cwd=folder, env=own, stdout=sink, stderr=subprocess.STDOUT)

    def ready(self):
        try:
            with urllib.request.urlopen(f"http://{LOOPBACK}:{self.port}/ready", timeout=2) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refused:
            return json.load(refused)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            assert self.process.poll() is None, self.output.read_text()[-3000:]
            return {"ready": False, "lag": 1}

    def until_done(self):
        """Return when everything that was on the topics has been absorbed.

        A worker learns of new records by its fetches, a few a second: only a lag that stays 0 over several of them counts.
        """
        since = None

        def stays_done():
            nonlocal since
            now = self.ready()
            since = (since or time.monotonic()) if now["ready"] and now["lag"] == 0 else None
            return since and time.monotonic() - since > STEADY_S

        eventually(stays_done, 60)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(15)


class Topics:
    """What the tests write to and read from the product's topics."""

    def __init__(self, bootstrap):
        self.bootstrap = bootstrap

    async def send(self, events):
        """Write events as the collector does: NDJSON records, by partition."""
        records = defaultdict(list)
        for event in events:
            owner = event.get("visitor_id") or event.get("customer_id", "")
            records[partition_of(event["site"], owner, PARTITIONS)].append(dumps(event))
        await self.send_raw({partition: b"\n".join(lines) for partition, lines in records.items()})

    async def send_raw(self, records, topic=EVENTS):
        producer = AIOKafkaProducer(bootstrap_servers=self.bootstrap, enable_idempotence=True)
        await producer.start()
        try:
            for partition, value in records.items():
                await producer.send_and_wait(topic.name, value, partition=partition)
        finally:
            await producer.stop()

    async def read(self, topic):
        """Return the committed records of a topic, in order of partition and offset."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self.bootstrap, isolation_level="read_committed", auto_offset_reset="earliest")
        await consumer.start()
        try:
            tps = [TopicPartition(topic.name, number) for number in range(PARTITIONS)]
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

    async def values(self, topic, **wanted):
        """Return the decoded values of a topic whose fields are as wanted."""
        lines = [loads(line) for record in await self.read(topic) if record.value for line in record.value.split(b"\n")]
        return [line for line in lines if all(line.get(name) == value for name, value in wanted.items())]


@pytest.fixture(scope="session")
def own_kafka(tmp_path_factory):
    """A Kafka with the product's topics, and nobody else on it."""
    with running(LocalKafka(Path(tmp_path_factory.mktemp("kafka")))) as server:
        settings = Settings(kafka_bootstrap=server.connection.bootstrap, partitions=PARTITIONS)
        asyncio.run(topics.create(server.connection, settings))
        yield server


@pytest.fixture
def stream_topics(own_kafka):
    return Topics(own_kafka.connection.bootstrap)


@pytest.fixture
def start_streams(own_kafka, tmp_path):
    started = []

    def start(part="streams"):
        started.append(Streams(own_kafka.connection.bootstrap, tmp_path, part))
        return started[-1]

    yield start
    for streams in started:
        if streams.process.poll() is None:
            streams.kill()
