"""A throw-away Kafka, two collectors and the hello-world yardstick, on free ports, ended at the end."""

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
from pathlib import Path

from aiokafka import AIOKafkaConsumer, TopicPartition

from footprint.local import kafka
from footprint.local.ports import free_port
from schemas.topics import EVENTS

PARTITIONS = 6
SIGNING_KEY = "bench-signing-key"
CORES = sorted(os.sched_getaffinity(0))
MEASURED, OTHERS = ({CORES[0]}, set(CORES[1:])) if len(CORES) > 1 else (set(CORES), set(CORES))
"""What is measured has a core of its own; the broker and the load share the rest."""


class Server:
    """A process and its port."""

    def __init__(self, *command: str, port: int, environment: dict[str, str], log: Path, cores: set[int]) -> None:
        self.port = port
        with log.open("ab") as written:
            self.process = subprocess.Popen(command, env=environment, stdout=written, stderr=written)
        os.sched_setaffinity(self.process.pid, cores)

    def cpu(self) -> float:
        """Return the CPU seconds of all its threads so far."""
        spent = 0
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            with contextlib.suppress(FileNotFoundError):
                spent += int((task / "schedstat").read_text().split()[0])
        return spent / 1e9

    def end(self) -> None:
        """Stop it, gently first."""
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Line:
    """Everything that is measured: `collector` on its hot paths, `asgi` the same without them, `hello` the yardstick."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kafka_port = free_port()
        self.bootstrap = f"127.0.0.1:{self.kafka_port}"
        os.sched_setaffinity(0, OTHERS)
        self.kafka = self._kafka()
        program = str(Path(sys.executable).with_name("footprint"))
        subprocess.run([program, "topics", "create"], env=self._environment(), check=True, stdout=subprocess.DEVNULL)
        self.collector = self._collector(program, "1")
        self.asgi = self._collector(program, "0")
        port = free_port()
        self.hello = self._server(sys.executable, "-m", "bench.hello", str(port), port=port, cores=MEASURED)
        for url in (f"{self.collector.port}/ready", f"{self.asgi.port}/ready", f"{self.hello.port}/"):
            _http_ready(f"http://127.0.0.1:{url}")

    def restart_kafka(self) -> None:
        """Start the broker again on its data."""
        self.kafka = self._kafka()

    def end(self) -> None:
        """End everything."""
        for name in ("hello", "asgi", "collector", "kafka"):
            if hasattr(self, name):
                getattr(self, name).end()

    def _environment(self, **more: str) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith("FOOTPRINT_")}
        return own | {
            "FOOTPRINT_KAFKA_BOOTSTRAP": self.bootstrap,
            "FOOTPRINT_WRITE_KEYS": "bench:bench",
            "FOOTPRINT_SECRET_KEYS": SIGNING_KEY,
            "FOOTPRINT_PARTITIONS": str(PARTITIONS),
            "FOOTPRINT_DATA_DIR": str(self.folder),
            **more,
        }

    def _server(self, *command: str, port: int, cores: set[int], **more: str) -> Server:
        return Server(*command, port=port, environment=self._environment(**more), log=self.folder / "log", cores=cores)

    def _kafka(self) -> Server:
        server = self._server(*kafka.command(self.folder / "kafka", port=self.kafka_port), port=self.kafka_port, cores=OTHERS)
        asyncio.run(kafka_ready(self.bootstrap))
        return server

    def _collector(self, program: str, fast: str) -> Server:
        folder = self.folder / f"collector-{fast}"
        folder.mkdir(mode=0o700)
        return self.another(program, folder, FOOTPRINT_COLLECTOR_FAST=fast)

    def another(self, program: str, folder: Path, **more: str) -> Server:
        """Start one more collector over a data folder of its own."""
        port = free_port()
        own = {"FOOTPRINT_COLLECTOR_PORT": str(port), "FOOTPRINT_DATA_DIR": str(folder)}
        return self._server(program, "collector", port=port, cores=MEASURED, **own, **more)


@contextlib.contextmanager
def servers() -> Iterator[Line]:
    """Start everything, yield it, end everything."""
    with tempfile.TemporaryDirectory(prefix="footprint-bench-") as folder:
        line = Line.__new__(Line)
        try:
            line.__init__(Path(folder))  # ends what was started also when a later part does not start
            yield line
        finally:
            line.end()


async def kafka_ready(bootstrap: str) -> None:
    deadline = time.monotonic() + 90
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
    """Return how many different events the events topic holds."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest", enable_auto_commit=False)
    await consumer.start()
    try:
        partitions = [TopicPartition(EVENTS.name, number) for number in range(PARTITIONS)]
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        ends = await consumer.end_offsets(partitions)
        found: set[bytes] = set()
        while any([await consumer.position(partition) < ends[partition] for partition in partitions]):
            for records in (await consumer.getmany(timeout_ms=500)).values():
                found.update(_event_id(line) for record in records for line in record.value.split(b"\n"))
        return len(found)
    finally:
        await consumer.stop()


def _event_id(line: bytes) -> bytes:
    return line.partition(b'"event_id":"')[2].partition(b'"')[0]
