"""A broker and streams workers of a chaos run's own: killed, frozen, stopped, and started again by whoever looks after them."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from contextlib import suppress
from functools import partial
from pathlib import Path

from footprint import topics
from footprint.demo.line import PROGRAM
from footprint.local.ports import LOOPBACK, free_port
from footprint.settings import PREFIX, Settings
from footprint.supervisor.spawn import die_with
from tests.chaos.streams_mixed import configure
from tests.collector.broker import PARTITIONS, Broker

READY_S = 120.0
ABSORBED_S = 600.0
STEADY_S = 1.5


class Worker:
    """One `footprint streams` or `footprint profiles` process, started again whenever it has ended, until `retire`."""

    def __init__(self, number: int, bootstrap: str, folder: Path, *, partitions: int = PARTITIONS, part: str = "streams") -> None:
        self.number, self.port, self.part, self.log = number, free_port(), part, folder / f"{part}-{number}.log"
        self.exits: Counter[int] = Counter()
        self.retired = False
        own = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        own |= {f"{PREFIX}KAFKA_BOOTSTRAP": bootstrap, f"{PREFIX}PARTITIONS": str(partitions), f"{PREFIX}SESSION_UPDATE_S": "5"}
        self._environment = own
        self._folder = folder
        self._start()

    def _start(self) -> None:
        command = [sys.executable, "-W", "ignore", "-c", PROGRAM, self.part, "--health-port", str(self.port), "--worker", str(self.number)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                cwd=self._folder,
                env=self._environment,
                stdout=log,
                stderr=log,
                preexec_fn=partial(die_with, os.getpid()),  # noqa: PLW1509 - one system call
            )

    def look_after(self) -> None:
        """Start the process again if it has ended."""
        code = self.process.poll()
        if code is not None and not self.retired:
            self.exits[code] += 1
            self._start()

    def send(self, number: signal.Signals) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    async def stop(self) -> int:
        """SIGTERM, and the exit code; whoever looks after it starts it again unless it was retired."""
        process = self.process
        process.send_signal(signal.SIGTERM)
        return await asyncio.to_thread(process.wait, 40)

    def peak_mb(self) -> int:
        """Return the most memory that the process has had, 0 when it has ended."""
        with suppress(OSError):
            for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
                if line.startswith("VmHWM"):
                    return int(line.split()[1]) // 1024
        return 0

    async def retire(self) -> int:
        """Stop for good."""
        self.retired = True
        return await self.stop()

    def status(self) -> dict[str, object]:
        """Return what `/ready` says; nothing when nobody answers."""
        try:
            with urllib.request.urlopen(f"http://{LOOPBACK}:{self.port}/ready", timeout=2) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refused:
            return json.load(refused)
        except (OSError, ValueError):
            return {}

    def end(self) -> None:
        """kill -9, at the end of a run."""
        self.retired = True
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait()


class Rig:
    """The broker and the workers over one folder. `partitions` are those of every topic."""

    def __init__(self, folder: Path, *, partitions: int = PARTITIONS) -> None:
        self.folder = folder
        self.partitions = partitions
        self.broker = Broker(folder / "broker")
        self.workers: list[Worker] = []
        self._looking: asyncio.Task[None] | None = None

    async def start(self, workers: int) -> None:
        """Start the broker, make its topics, start the workers and look after them."""
        configure(self.folder)
        await asyncio.to_thread(self.broker.start)
        await topics.create(self.broker.connection, Settings(partitions=self.partitions))
        for _ in range(workers):
            self.add_worker()
        self._looking = asyncio.create_task(self._look_after_for_ever())
        await self.until_well()

    def add_worker(self, part: str = "streams") -> Worker:
        """Start one more worker."""
        taken = {worker.number for worker in self.workers}
        number = next(number for number in range(1, 9) if number not in taken)
        worker = Worker(number, self.broker.connection.bootstrap, self.folder, partitions=self.partitions, part=part)
        self.workers.append(worker)
        return worker

    async def remove_worker(self, worker: Worker) -> None:
        """Stop a worker for good."""
        await worker.retire()
        self.workers.remove(worker)

    async def until_well(self, *, absorbed: bool = False) -> float:
        """Wait until all workers that were not retired are ready (`absorbed`: and stay without lag); return how long it took."""
        began, since, limit = time.monotonic(), None, ABSORBED_S if absorbed else READY_S
        while True:
            found = await asyncio.gather(*[asyncio.to_thread(worker.status) for worker in self.workers if not worker.retired])
            well = all(status.get("ready") and (status.get("lag") == 0 or not absorbed) for status in found)
            since = (since or time.monotonic()) if well else None
            if since and time.monotonic() - since > STEADY_S:
                return time.monotonic() - began
            if time.monotonic() - began > limit:
                raise TimeoutError(f"not well after {limit:.0f} s: {found}; {self.tails()}")
            await asyncio.sleep(0.2)

    def exits(self) -> Counter[int]:
        """Return how often workers ended, by exit code."""
        return sum((worker.exits for worker in self.workers), Counter())

    def tails(self) -> str:
        """Return the ends of the workers' logs."""
        return "\n".join(worker.log.read_text()[-1500:] for worker in self.workers)

    async def stop_workers(self, part: str = "streams") -> list[int]:
        """Stop all workers of a part for good, which publish what they held back."""
        return list(await asyncio.gather(*[worker.retire() for worker in self.workers if worker.part == part]))

    def end(self) -> None:
        """End everything."""
        if self._looking:
            self._looking.cancel()
        for worker in self.workers:
            worker.end()
        if self.broker.process is not None:
            self.broker.stop()

    async def _look_after_for_ever(self) -> None:
        while True:
            for worker in self.workers:
                worker.look_after()
            await asyncio.sleep(0.3)
