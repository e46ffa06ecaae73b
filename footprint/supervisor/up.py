"""`footprint up`: one data folder, one line, from start to an ordered stop."""

import asyncio
import signal
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import httpx2
from rich.console import Console

from footprint import topics, users
from footprint.local.folder_lock import locked
from footprint.parts.connections import resolve_kafka
from footprint.parts.migrate import migrate
from footprint.parts.run_file import remove_run, write_run
from footprint.settings import Settings
from footprint.supervisor.line import Line, line_of
from footprint.supervisor.part import Part
from footprint.supervisor.probes import all_idle
from footprint.supervisor.supervisor import Supervisor
from schemas.errors import Misconfigured

LOCK = "lock"
IDLE_S = 5.0
IDLE_POLL_S = 0.25
COLOURS = {"ready": "green", "ended": "red", "did": "red", "stopped": "dim"}


def up(settings: Settings, *, exit_when_idle: bool) -> None:
    """Run the line until a signal, or until it is idle; raises Misconfigured or Retryable when it cannot start."""
    folder = settings.data_dir
    _prepare(folder)
    taken = f"Another `footprint up` runs on {folder}. Stop it first, or give this one another folder with --data-dir."
    with locked(folder / LOCK, taken=taken):
        asyncio.run(_Up(settings, Console(highlight=False, soft_wrap=True)).run(exit_when_idle=exit_when_idle))


def _prepare(folder: Path) -> None:
    """Make the data folder, for its owner only. One that holds other things (somebody's home, /tmp) keeps the mode it has."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not any(folder.iterdir()):
            folder.chmod(0o700)
        (folder / LOCK).touch()
    except OSError as error:
        raise Misconfigured(
            f"Cannot use {folder} as the data folder: {error.strerror}. Name another one with --data-dir or FOOTPRINT_DATA_DIR."
        ) from None


class _Up:
    def __init__(self, settings: Settings, console: Console) -> None:
        self._settings = settings
        self._console = console
        self._stop = asyncio.Event()
        self._supervisor: Supervisor | None = None

    async def run(self, *, exit_when_idle: bool) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._on_signal)
        async with httpx2.AsyncClient() as client:
            line = line_of(self._settings, client)
            logs = line.settings.data_dir / "logs"
            logs.mkdir(exist_ok=True, mode=0o700)
            supervisor = self._supervisor = Supervisor(logs, tell=self._tell, changed=lambda: self._write_run(line))
            work = asyncio.create_task(self._work(line, supervisor, client, exit_when_idle=exit_when_idle))
            try:
                await self._until_asked_to_stop(work)
            finally:
                await supervisor.stop(line.stop_order())
                remove_run(line.settings.data_dir)

    def _on_signal(self) -> None:
        if self._stop.is_set() and self._supervisor is not None:
            self._console.print("asked twice: ending everything now")
            self._supervisor.kill_all()
        self._stop.set()

    async def _until_asked_to_stop(self, work: "asyncio.Task[None]") -> None:
        asked = asyncio.create_task(self._stop.wait())
        await asyncio.wait({work, asked}, return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        if not work.done():
            work.cancel()
        with suppress(asyncio.CancelledError):
            await work

    async def _work(self, line: Line, supervisor: Supervisor, client: httpx2.AsyncClient, *, exit_when_idle: bool) -> None:
        await self._start(line, supervisor)
        watching = asyncio.create_task(supervisor.watch())
        ending = asyncio.create_task(_until_idle(line, client) if exit_when_idle else self._stop.wait())
        try:
            done, _ = await asyncio.wait({watching, ending}, return_when=asyncio.FIRST_COMPLETED)
            if watching in done:
                watching.result()
        finally:
            watching.cancel()
            ending.cancel()
        if exit_when_idle:
            self._console.print("idle: everything received is stored")

    async def _start(self, line: Line, supervisor: Supervisor) -> None:
        started = time.monotonic()
        await supervisor.start(line.servers)
        self._write_run(line)
        await topics.create(resolve_kafka(line.settings), line.settings)
        await topics.check(resolve_kafka(line.settings), line.settings)
        await asyncio.to_thread(migrate, line.settings)
        await supervisor.start(line.stages)
        self._write_run(line)
        self._greet(line, time.monotonic() - started)

    def _write_run(self, line: Line) -> None:
        pids = self._supervisor.pids() if self._supervisor else {}
        write_run(line.settings.data_dir, replace(line.run, pids=pids))

    def _tell(self, part: Part, what: str) -> None:
        colour = COLOURS.get(what.partition(" ")[0], "default")
        address = f"  {part.address}" if what.startswith("ready after") and part.address else ""
        self._console.print(f"{part.name:<11}[{colour}]{what}[/]{address}")

    def _greet(self, line: Line, seconds: float) -> None:
        key, site = next(iter(line.settings.site_keys().items()))
        message = '{"anonymousId": "me", "event": "Signed Up", "properties": {"plan": "pro"}}'
        self._console.print(f"\nAll parts run after {seconds:.1f} s; data in {line.settings.data_dir}. Ctrl-C stops them.\n")
        self._console.print(f"  shop      {line.run.shop}\n  console   {line.run.console}\n")
        self._greet_admin(line.settings)
        self._console.print(f"Send an event to site {site!r}:\n", markup=False)
        self._console.print(f"  curl -u {key}: {line.run.collector}/v1/track -d '{message}'\n", markup=False)
        self._console.print("ready")
        self._console.file.flush()

    def _greet_admin(self, settings: Settings) -> None:
        password = users.create_first(users.users_file(settings))
        if password:
            self._console.print(
                f"Sign in to the console as {users.FIRST!r} with the password {password} (shown this once).\n", markup=False
            )


async def _until_idle(line: Line, client: httpx2.AsyncClient) -> None:
    await asyncio.sleep(IDLE_S)
    while not await all_idle(client, line.flow, idle_s=IDLE_S):  # noqa: ASYNC110 - the parts are asked over HTTP
        await asyncio.sleep(IDLE_POLL_S)
