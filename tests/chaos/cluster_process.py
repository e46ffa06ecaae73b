"""One process of the test cluster, started again some seconds after it has ended, as an orchestrator does."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path

from footprint.demo.line import PROGRAM
from footprint.local.ports import LOOPBACK, free_port
from footprint.settings import PREFIX
from footprint.supervisor.spawn import die_with

AGAIN_AFTER_S = 2.0
STOP_S = 120


class Process:
    """`footprint PART` in a folder. `port` answers `/ready`; `exits` counts how it ended, by exit code.

    `away` keeps it from being started again: its machine is lost, or it was removed.
    """

    def __init__(self, name: str, folder: Path, settings: Mapping[str, str]) -> None:
        self.name, self.port = name, free_port()
        self.log = folder / f"{name}.log"
        self.exits: Counter[int] = Counter()
        self.away = False
        self._folder, self._settings = folder, settings
        self._ended_at: float | None = None
        self.start()

    def command(self) -> list[str]:
        """Return the arguments of `footprint`."""
        part, _, number = self.name.partition("-")
        if part == "collector":
            return [part, "--port", str(self.port)]
        return [part, "--health-port", str(self.port), *(["--worker", number] if part == "streams" else [])]

    def start(self) -> None:
        """Start it; from the main thread, whose end is its end."""
        own = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        own |= {f"{PREFIX}{name}": value for name, value in self._settings.items()}
        self.away, self._ended_at = False, None
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-W", "ignore", "-c", PROGRAM, *self.command()],
                cwd=self._folder,
                env=own,
                stdout=log,
                stderr=log,
                preexec_fn=partial(die_with, os.getpid()),  # noqa: PLW1509 - one system call
            )

    def look_after(self) -> None:
        """Note its end, and start it again when it has been gone for long enough."""
        code = self.process.poll()
        if code is None:
            return
        if self._ended_at is None:
            self._ended_at = time.monotonic()
            self.exits[code] += 1
        if not self.away and time.monotonic() - self._ended_at >= AGAIN_AFTER_S:
            self.start()

    def kill(self) -> None:
        """kill -9."""
        self.process.send_signal(signal.SIGKILL)

    def stop(self) -> int:
        """SIGTERM; returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_S)

    def status(self) -> dict[str, object]:
        """Return what `/ready` says; nothing when nobody answers."""
        with suppress(OSError, ValueError):
            try:
                with urllib.request.urlopen(f"http://{LOOPBACK}:{self.port}/ready", timeout=2) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as refused:  # 503 says why; one that is about to end may say nothing that can be read
                return json.load(refused)
        return {}

    def metrics(self) -> str:
        """Return what `/metrics` says; nothing when nobody answers."""
        with suppress(OSError), urllib.request.urlopen(f"http://{LOOPBACK}:{self.port}/metrics", timeout=2) as answer:
            return answer.read().decode()
        return ""

    def end(self) -> None:
        """kill -9, at the end of a run."""
        self.away = True
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
