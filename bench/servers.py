"""A throw-away Kafka, a collector and the hello-world yardstick, on free ports, ended at the end."""

import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from aiokafka import AIOKafkaConsumer, TopicPartition

from footprint.local import kafka
from footprint.local.ports import free_port
from schemas.topics import EVENTS

PARTITIONS = 6


@dataclass(frozen=True, slots=True)
class Running:
    """Addresses and process ids of what was started."""

    kafka: str
    collector_port: int
    collector_pid: int
    hello_port: int
    hello_pid: int


@contextlib.contextmanager
def servers() -> Iterator[Running]:
    """Start everything, yield the addresses, end everything."""
    with tempfile.TemporaryDirectory(prefix="footprint-bench-") as folder, contextlib.ExitStack() as stack:
        kafka_port, collector_port, hello_port = free_port(), free_port(), free_port()
        bootstrap = f"127.0.0.1:{kafka_port}"
        log = stack.enter_context((Path(folder) / "log").open("wb"))

        def start(*command: str) -> subprocess.Popen[bytes]:
            process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
            stack.callback(_end, process)
            return process

        environment = os.environ | {
            "FOOTPRINT_KAFKA_BOOTSTRAP": bootstrap,
            "FOOTPRINT_COLLECTOR_PORT": str(collector_port),
            "FOOTPRINT_WRITE_KEYS": "bench:bench",
            "FOOTPRINT_PARTITIONS": str(PARTITIONS),
            "FOOTPRINT_DATA_DIR": folder,
        }
        start(*kafka.command(Path(folder) / "kafka", port=kafka_port))
        asyncio.run(_kafka_ready(bootstrap))
        program = str(Path(sys.executable).with_name("footprint"))
        subprocess.run([program, "topics", "create"], env=environment, check=True, stdout=log)
        collector = start(program, "collector")
        hello = start(sys.executable, "-m", "bench.hello", str(hello_port))
        _http_ready(f"http://127.0.0.1:{collector_port}/ready")
        _http_ready(f"http://127.0.0.1:{hello_port}/")
        yield Running(bootstrap, collector_port, collector.pid, hello_port, hello.pid)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


async def _kafka_ready(bootstrap: str) -> None:
    deadline = time.monotonic() + 60
    while not await kafka.is_ready(bootstrap):
        if time.monotonic() > deadline:
            raise TimeoutError("Kafka did not start")
        await asyncio.sleep(0.1)


def _http_ready(url: str) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            urllib.request.urlopen(url, timeout=2)
            return
        time.sleep(0.1)
    raise TimeoutError(f"{url} did not become ready")


async def count_events(bootstrap: str) -> int:
    """Return how many events the events topic holds: lines of its records."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest", enable_auto_commit=False)
    await consumer.start()
    try:
        partitions = [TopicPartition(EVENTS.name, number) for number in range(PARTITIONS)]
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        ends = await consumer.end_offsets(partitions)
        found = 0
        while any([await consumer.position(partition) < ends[partition] for partition in partitions]):
            for records in (await consumer.getmany(timeout_ms=500)).values():
                found += sum(record.value.count(b"\n") + 1 for record in records)
        return found
    finally:
        await consumer.stop()
