"""A broker and a collector of a chaos run's own, to be killed, frozen and started again."""

import asyncio
import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import httpx2

from footprint.local.ports import free_port
from footprint.supervisor.spawn import die_with
from schemas import codec
from schemas.topics import EVENTS
from tests.chaos.clients import SITE
from tests.collector.broker import Broker

PROGRAM = "from footprint.parts.collector import run; from footprint.settings import current; run(current())"


class Rig:
    """Both processes over one folder. `settings` are the collector's own."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.broker = Broker(folder / "broker")
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.log = folder / "collector.log"
        self._folder = folder
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        """Start the broker, make its topics, start the collector."""
        await self.start_broker()
        await asyncio.to_thread(self.broker.prepare)
        self.start_collector()

    def start_collector(self) -> None:
        """Start the collector over what the last one left."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("FOOTPRINT_")}
        own |= {
            "FOOTPRINT_KAFKA_BOOTSTRAP": self.broker.connection.bootstrap,
            "FOOTPRINT_COLLECTOR_PORT": str(self.port),
            "FOOTPRINT_WRITE_KEYS": f"{SITE}:key",
            "FOOTPRINT_DATA_DIR": str(self._folder / "data"),
        }
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", PROGRAM],
                env=own | self._settings,
                stdout=log,
                stderr=log,
                preexec_fn=partial(die_with, os.getpid()),  # noqa: PLW1509 - one system call
            )

    def kill_collector(self) -> None:
        """kill -9."""
        self._process.kill()
        self._process.wait()

    async def stop_collector(self) -> int:
        """SIGTERM; returns the exit code."""
        self._process.send_signal(signal.SIGTERM)
        return await asyncio.to_thread(self._process.wait, 30)

    async def start_broker(self) -> None:
        """Start the broker again over its data."""
        await asyncio.to_thread(self.broker.start)

    async def status(self) -> dict[str, object]:
        """Return what the collector says of itself; nothing when it does not answer."""
        try:
            async with httpx2.AsyncClient() as http:
                return (await http.get(f"{self.address}/ready", timeout=5)).json()
        except (httpx2.HTTPError, ValueError):
            return {}

    async def read(self) -> list[dict[str, object]]:
        """Return every event of the topic, each partition in its order."""
        starts = dict.fromkeys(await self.broker.ends(EVENTS), 0)
        return [event for record in await self.broker.read(EVENTS, starts) for event in codec.read_lines(record.value)]

    def end(self) -> None:
        """End both processes."""
        if self._process is not None and self._process.poll() is None:
            self.kill_collector()
        if self.broker.process is not None:
            self.broker.stop()
