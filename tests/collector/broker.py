"""A Kafka of a test's own, to be killed and started again, and what is on its topics."""

import asyncio
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from aiokafka import AIOKafkaConsumer, TopicPartition

from footprint import topics
from footprint.local import kafka
from footprint.local.ports import free_port
from footprint.settings import Settings
from schemas.connections import KafkaConnection

PARTITIONS = 4


@contextmanager
def running(folder):
    """Give a broker that is ready and has its topics; ended on leaving."""
    broker = Broker(folder)
    try:
        broker.start()
        with ThreadPoolExecutor(1) as thread:  # the tests' own loop may be running in this one
            thread.submit(lambda: asyncio.run(broker.prepare())).result()
        yield broker
    finally:
        broker.stop()


class Broker:
    """One broker process over one folder."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._port = free_port()
        self._process: subprocess.Popen | None = None
        self.connection = KafkaConnection(f"127.0.0.1:{self._port}")

    def start(self):
        with (self._folder / "kafka.out").open("ab") as output:
            command = kafka.command(self._folder / "kafka", port=self._port)
            self._process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)

    def kill(self):
        self._process.kill()
        self._process.wait()

    async def freeze(self):
        self._process.send_signal(signal.SIGSTOP)
        while await kafka.is_ready(self.connection.bootstrap):  # its threads do not all stop at once
            pass

    def thaw(self):
        self._process.send_signal(signal.SIGCONT)

    def stop(self):
        if self._process is not None and self._process.poll() is None:
            self.thaw()
            self._process.terminate()
            self._process.wait(30)

    async def ready(self, seconds=60):
        deadline = time.monotonic() + seconds
        while not await kafka.is_ready(self.connection.bootstrap):
            assert self._process.poll() is None, (self._folder / "kafka.out").read_text()
            assert time.monotonic() < deadline, "Kafka did not start"
            await asyncio.sleep(0.2)

    async def prepare(self):
        await self.ready()
        await topics.create(self.connection, Settings(partitions=PARTITIONS))

    async def ends(self, topic):
        async with self._consumer() as consumer:
            return await consumer.end_offsets([TopicPartition(topic.name, number) for number in range(PARTITIONS)])

    async def read(self, topic, starts):
        """Return the records of a topic from `starts` on, each partition in its order."""
        async with self._consumer() as consumer:
            consumer.assign(list(starts))
            ends = await consumer.end_offsets(list(starts))
            for partition, offset in starts.items():
                consumer.seek(partition, offset)
            found = []
            while any([await consumer.position(partition) < end for partition, end in ends.items()]):
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    found.extend(records)
            return sorted(found, key=lambda record: (record.partition, record.offset))

    def _consumer(self):
        return AIOKafkaConsumer(bootstrap_servers=self.connection.bootstrap, enable_auto_commit=False)
