"""A throw-away Kafka for the streams' bench, its topics, and workers of which only the CPU and the memory count."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from bench.servers import Server, kafka_ready
from footprint import topics
from footprint.local import kafka
from footprint.local.ports import free_port
from footprint.settings import Settings
from schemas.connections import KafkaConnection

PARTITIONS = 4
EVERY_CORE = set(os.sched_getaffinity(0))
WORKER_S = 300.0

Records = list[tuple[int, bytes | None, bytes]]
"""Partition, key and value of each record."""


class Rig:
    """The broker, and a folder for everything that is written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.bootstrap = f"127.0.0.1:{self.port}"
        command = kafka.command(folder / "kafka", port=self.port)
        self.kafka = Server(*command, port=self.port, environment=self.environment(), log=folder / "log", cores=EVERY_CORE)
        asyncio.run(kafka_ready(self.bootstrap))

    def environment(self, **more: str) -> dict[str, str]:
        """Return the environment of a process of the line."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("FOOTPRINT_")}
        return own | {
            "FOOTPRINT_KAFKA_BOOTSTRAP": self.bootstrap,
            "FOOTPRINT_WRITE_KEYS": "bench:bench",
            "FOOTPRINT_PARTITIONS": str(PARTITIONS),
            "FOOTPRINT_DATA_DIR": str(self.folder),
            **more,
        }

    def server(self, *command: str, port: int, **more: str) -> Server:
        """Start a process of the line."""
        return Server(*command, port=port, environment=self.environment(**more), log=self.folder / "log", cores=EVERY_CORE)

    def create(self, names: list[str], **configuration: str) -> None:
        """Create topics of the bench's own."""
        asyncio.run(_create(self.bootstrap, names, configuration))

    def create_product_topics(self) -> None:
        """Create the topics of the line."""
        settings = Settings(kafka_bootstrap=self.bootstrap, partitions=PARTITIONS)
        asyncio.run(topics.create(KafkaConnection(self.bootstrap), settings))

    def fill(self, topic: str, records: Records) -> None:
        """Write records to a topic, in order."""
        asyncio.run(_fill(self.bootstrap, topic, records))

    def measure(self, module: str, *arguments: str, python: str = sys.executable) -> dict[str, Any]:
        """Run a module, or a file, to its end and return what it says of itself on its last line."""
        command = [python, "-W", "ignore", *([module] if module.endswith(".py") else ["-m", module]), self.bootstrap, *arguments]
        with (self.folder / "log").open("ab") as log:
            done = subprocess.run(
                command,
                stdout=subprocess.PIPE,
                stderr=log,
                env=self.environment(),
                timeout=WORKER_S,
                check=False,
                cwd=Path(__file__).parents[2],
            )
        lines = done.stdout.decode().strip().splitlines()
        if not lines:
            raise RuntimeError(f"{module} {arguments} ended with {done.returncode}: {(self.folder / 'log').read_text()[-3000:]}")
        found: dict[str, Any] = json.loads(lines[-1])
        return found

    def end(self) -> None:
        """End the broker."""
        if hasattr(self, "kafka"):
            self.kafka.end()


@contextlib.contextmanager
def rig() -> Iterator[Rig]:
    """Start a broker, yield it, end it."""
    with tempfile.TemporaryDirectory(prefix="footprint-bench-") as folder:
        found = Rig.__new__(Rig)
        try:
            found.__init__(Path(folder))
            yield found
        finally:
            found.end()


async def _create(bootstrap: str, names: list[str], configuration: Mapping[str, str]) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, PARTITIONS, 1, topic_configs=dict(configuration)) for name in names])
        deadline = time.monotonic() + 20
        while not set(names) <= set(await admin.list_topics()):
            assert time.monotonic() < deadline, names
            await asyncio.sleep(0.05)
    finally:
        await admin.close()


async def _fill(bootstrap: str, topic: str, records: Records) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True, linger_ms=5, max_batch_size=512 * 1024)
    await producer.start()
    try:
        waiting = [await producer.send(topic, value, key=key, partition=partition) for partition, key, value in records]
        await asyncio.gather(*waiting)
    finally:
        await producer.stop()


__all__ = ["PARTITIONS", "Records", "Rig", "TopicPartition", "rig"]
