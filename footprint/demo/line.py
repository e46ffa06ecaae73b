"""A whole line of its own: `footprint up` on free ports and a given folder, whatever the settings of this machine say."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import IO, Self

from footprint.settings import PREFIX
from footprint.supervisor.spawn import die_with
from schemas.errors import Retryable

PORTS = ("COLLECTOR_PORT", "CONSOLE_PORT", "SHOP_PORT", "LOCAL_KAFKA_PORT", "LOCAL_CLICKHOUSE_PORT")
READY_S = 120.0
STOP_S = 60.0
PROGRAM = "from footprint.cli import main; main()"


class Line:
    """One running `footprint up`. Its data, and a `footprint.toml` if one is put there, are in `folder`.

    Use as a context manager, from the main thread: enters when the line is ready, leaves when every process has ended,
    and ends with this process in any case.
    """

    def __init__(self, folder: Path, *arguments: str, **settings: str) -> None:
        self.folder = folder
        self.data_dir = folder / "data"
        self.exit_code: int | None = None
        self._arguments, self._settings = arguments, settings
        self._said: deque[str] = deque(maxlen=40)
        self._ready = threading.Event()
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The supervisor's process id."""
        return self._started().pid

    def start(self) -> None:
        """Start the line and return when it is ready. Raises Retryable with what it said when it does not become ready."""
        ports = dict(zip(PORTS, map(str, free_ports(len(PORTS))), strict=True))
        own = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        own |= {PREFIX + name.upper(): value for name, value in (ports | self._settings).items()}
        self._process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "up", "--data-dir", str(self.data_dir), *self._arguments],
            cwd=self.folder,
            env=own | {"PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            preexec_fn=partial(die_with, os.getpid()),  # noqa: PLW1509 - one system call
        )
        threading.Thread(target=self._listen, args=(self._process.stdout,), daemon=True).start()
        self._await_ready(self._process)

    def stop(self) -> int:
        """Stop the line in order and return its exit code."""
        process = self._started()
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        return self.wait(STOP_S)

    def wait(self, seconds: float) -> int:
        """Return the exit code; the whole group is killed when the line has not ended in time."""
        process = self._started()
        try:
            self.exit_code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()  # the parts have asked to die with it
            self.exit_code = process.wait()
        return self.exit_code

    def said(self) -> str:
        """Return the last lines that the line printed."""
        return "\n".join(self._said)

    def _started(self) -> subprocess.Popen[str]:
        assert self._process, "start the line first"
        return self._process

    def _listen(self, output: IO[str]) -> None:
        with output:
            for line in output:
                self._said.append(line.rstrip())
                if line.strip() == "ready":
                    self._ready.set()

    def _await_ready(self, process: subprocess.Popen[str]) -> None:
        deadline = time.monotonic() + READY_S
        while not self._ready.wait(0.1):
            if process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise Retryable(f"`footprint up` did not become ready. It said:\n{self.said()}\nIts logs are in {self.data_dir / 'logs'}.")


def free_ports(count: int) -> list[int]:
    """Return ports of this machine that nobody listens on now, all different."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [int(one.getsockname()[1]) for one in sockets]
