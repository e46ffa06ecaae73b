"""Local servers for tests: each on a free port with a folder of its own, ended with the test run whatever happens."""

import asyncio
import os
import signal
import subprocess
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from footprint.local import clickhouse, kafka
from footprint.local.ports import LOOPBACK, free_port
from footprint.local.secrets import password_of
from footprint.supervisor.part import Part
from footprint.supervisor.spawn import spawn
from schemas.connections import KafkaConnection, StoreConnection
from tests.support.waiting import eventually

STOP_S = 20
STARTED: Counter[str] = Counter()
"""Servers that this run started, by name."""


class Server:
    """One server process over one folder; it can be killed and started again on the same port."""

    def __init__(self, folder: Path, name: str):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.port = free_port()
        self.log = folder / f"{name}.log"
        self.process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        raise NotImplementedError

    def is_ready(self) -> bool:
        raise NotImplementedError

    def start(self) -> None:
        """Start the server and return when it is ready."""
        self.launch()
        eventually(self._ready_or_gone, 60)

    def launch(self) -> None:
        """Start the server and return at once: one that needs others is ready when they are."""
        part = Part(self.log.stem, tuple(self.command()), never_asked, environment=os.environ)
        self.process = spawn(part, self.folder).process
        STARTED[part.name] += 1

    def _ready_or_gone(self) -> bool:
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.log.stem} ended with {self.process.returncode}:\n{self.log.read_text()[-2000:]}")
        return self.is_ready()

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.wait(STOP_S)

    def stop(self) -> int:
        """SIGTERM; returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)  # a test may have frozen it
            self.process.terminate()
        try:
            return self.process.wait(STOP_S)
        finally:
            if self.process.poll() is None:
                self.kill()


class LocalKafka(Server):
    """The local Kafka."""

    def __init__(self, folder: Path):
        super().__init__(folder, "kafka")
        self.connection = KafkaConnection(f"{LOOPBACK}:{self.port}")

    def command(self) -> list[str]:
        return kafka.command(self.folder / "kafka", port=self.port)

    def is_ready(self) -> bool:
        return in_own_loop(kafka.is_ready, self.connection.bootstrap)


class LocalClickHouse(Server):
    """The local ClickHouse."""

    def __init__(self, folder: Path):
        super().__init__(folder, "clickhouse")
        self.secrets = folder / "secrets"
        self.url = f"http://{LOOPBACK}:{self.port}"

    def command(self) -> list[str]:
        return clickhouse.command(self.folder / "clickhouse", port=self.port, secrets=self.secrets)

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/ping", timeout=2) as answer:
                return answer.status == 200
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def connection(self, user: str = "pipeline", database: str = "default") -> StoreConnection:
        return StoreConnection(self.url, user, password_of(self.secrets, user), database)


@contextmanager
def running(server: Server) -> Iterator[Server]:
    """Give the server, ready; it ends on leaving."""
    try:
        server.start()
        yield server
    finally:
        if server.process:
            server.stop()


async def never_asked() -> bool:
    """The probe of a part that is looked after by `Server`."""
    raise NotImplementedError


def in_own_loop(function, *arguments):
    """Run an asynchronous function to its end, also where this thread already runs a loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(function(*arguments))).result()
