"""Several collector processes on one port: a small parent that holds the sockets, starts the workers again and stops them."""

import asyncio
import os
import signal
import socket
import sys
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial

import structlog

from footprint.local.ports import LOOPBACK
from footprint.settings import CONFIG_VARIABLE, PREFIX, Settings, environment_of
from footprint.supervisor.spawn import die_with
from schemas.errors import Retryable

log = structlog.get_logger(__name__)

BACK_OFF_S = 0.2
MAX_BACK_OFF_S = 5.0
STEADY_S = 10.0
TRIES = 3
"""A worker that ends so often without having run steadily stops them all."""
STOP_S = 25.0


@dataclass(frozen=True, slots=True)
class Worker:
    """One process. Kernel and clients see `public`; `private` is its own address, for the other workers.

    The parent holds both sockets: connections that come while a worker starts again wait for it.
    """

    number: int
    public: socket.socket
    private: socket.socket

    def command(self, peers: str) -> list[str]:
        """Return the command line of the process."""
        own = ["--worker", str(self.number), "--public", str(self.public.fileno()), "--private", str(self.private.fileno())]
        return [sys.executable, "-m", "footprint.parts.collector_worker", *own, "--peers", peers]


def run_workers(settings: Settings) -> None:
    """Run `collector_workers` processes until SIGTERM or SIGINT; SIGHUP is handed to each. Raises Retryable when one cannot run."""
    with ExitStack() as stack:
        workers = [_worker(settings, number + 1, stack) for number in range(settings.collector_workers)]
        asyncio.run(_Workers(settings, workers).run())


def _worker(settings: Settings, number: int, stack: ExitStack) -> Worker:
    family = socket.AF_INET6 if ":" in settings.collector_host else socket.AF_INET
    public = stack.enter_context(socket.socket(family))
    public.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    public.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    public.bind((settings.collector_host, settings.collector_port))
    private = stack.enter_context(socket.socket())
    private.bind((LOOPBACK, 0))
    return Worker(number, public, private)


class _Workers:
    def __init__(self, settings: Settings, workers: list[Worker]) -> None:
        self._workers = workers
        self._peers = ",".join(f"{one.number}=http://{LOOPBACK}:{one.private.getsockname()[1]}" for one in workers)
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX) or name == CONFIG_VARIABLE}
        self._environment = inherited | environment_of(settings)
        self._running: dict[int, asyncio.subprocess.Process] = {}
        self._stop = asyncio.Event()

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        loop.add_signal_handler(signal.SIGHUP, self._signal, signal.SIGHUP)
        keepers = {asyncio.create_task(self._keep(worker)) for worker in self._workers}
        stopped = asyncio.create_task(self._stop.wait())
        await asyncio.wait({*keepers, stopped}, return_when=asyncio.FIRST_COMPLETED)
        self._stop.set()
        self._signal(signal.SIGTERM)
        _, late = await asyncio.wait(keepers, timeout=STOP_S)
        if late:
            log.warning("workers_killed", count=len(late))
            self._signal(signal.SIGKILL)
        for keeper in keepers:
            await keeper

    def _signal(self, number: int) -> None:
        for process in self._running.values():
            with suppress(ProcessLookupError):
                process.send_signal(number)

    async def _keep(self, worker: Worker) -> None:
        """Start a worker again whenever it ends, until asked to stop."""
        tries = 0
        while not self._stop.is_set():
            started = time.monotonic()
            code = await self._run(worker)
            if self._stop.is_set():
                return
            tries = 0 if time.monotonic() - started > STEADY_S else tries + 1
            if tries == TRIES:
                raise Retryable(f"Worker {worker.number} of the collector ended with {code}; the lines above say why. Start it again.")
            log.warning("worker_ended", worker=worker.number, code=code)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), min(BACK_OFF_S * 2**tries, MAX_BACK_OFF_S))

    async def _run(self, worker: Worker) -> int:
        process = await asyncio.create_subprocess_exec(
            *worker.command(self._peers),
            env=self._environment,
            stdin=asyncio.subprocess.DEVNULL,
            pass_fds=(worker.public.fileno(), worker.private.fileno()),
            preexec_fn=partial(die_with, os.getpid()),
        )
        self._running[worker.number] = process
        if self._stop.is_set():  # asked to, while it was starting
            process.terminate()
        try:
            return await process.wait()
        finally:
            del self._running[worker.number]
