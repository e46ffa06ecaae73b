"""Keeps parts running: readiness, restarts with back-off, and an ordered stop."""

import asyncio
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from footprint.supervisor.part import Child, Part, last_lines, log_of
from footprint.supervisor.spawn import ask_to_stop, kill, spawn
from schemas.errors import Retryable

READY_S = 90.0
"""A part that is not ready by then stops the start."""

POLL_S = 0.05
BACK_OFF_S = 0.2
MAX_BACK_OFF_S = 10.0
STEADY_S = 30.0
"""A part that ran this long starts again with the first back-off."""

ASKED = (0, -signal.SIGTERM, 128 + signal.SIGTERM)
"""Exit codes of a process that was asked to stop and did; Java answers 143."""

Tell = Callable[[Part, str], None]
"""Called with a part and what became of it, for people to read."""


class Supervisor:
    """The parts that run. `changed` is called whenever a process was started."""

    def __init__(self, logs: Path, *, tell: Tell, changed: Callable[[], None] = lambda: None) -> None:
        self._logs = logs
        self._tell = tell
        self._changed = changed
        self._children: dict[str, Child] = {}
        self._keepers: dict[str, asyncio.Task[None]] = {}
        self._parts: list[Part] = []

    def pids(self) -> dict[str, int]:
        """Return the process id of every part."""
        return {name: child.process.pid for name, child in self._children.items()}

    async def start(self, parts: Sequence[Part]) -> None:
        """Start parts at once and return when all are ready; raises Retryable with a part's last words when one is not."""
        for part in parts:
            self._parts.append(part)
            self._spawn(part)
        for part in parts:
            await self._until_ready(part)
        for part in parts:
            self._keepers[part.name] = asyncio.create_task(self._keep(part))

    async def watch(self) -> None:
        """Watch the parts that were started; raises what made it impossible to keep one of them running."""
        done, _ = await asyncio.wait(self._keepers.values(), return_when=asyncio.FIRST_EXCEPTION)
        for keeper in done:
            keeper.result()

    async def stop(self, names: Sequence[str]) -> None:
        """Stop parts one after another, in this order."""
        for name in names:
            keeper = self._keepers.pop(name, None)
            if keeper is not None:
                keeper.cancel()
            child = self._children.pop(name, None)
            if child is not None:
                await self._end(child)

    def kill_all(self) -> None:
        """End every process now."""
        for keeper in self._keepers.values():
            keeper.cancel()
        for child in self._children.values():
            kill(child)
            child.process.wait()
        self._children.clear()

    def _spawn(self, part: Part) -> Child:
        child = self._children[part.name] = spawn(part, self._logs)
        self._changed()
        return child

    async def _until_ready(self, part: Part) -> None:
        child = self._children[part.name]
        deadline = time.monotonic() + READY_S
        while not await part.is_ready():
            code = child.process.poll()
            if code is not None or time.monotonic() > deadline:
                why = f"ended with {code}" if code is not None else f"is not ready after {READY_S:.0f} s"
                words = last_lines(log_of(self._logs, part))
                raise Retryable(
                    f"{part.name} {why}. Its last words:\n{words}\nCorrect that and start again; all of it is in {log_of(self._logs, part)}."
                )
            await asyncio.sleep(POLL_S)
        self._tell(part, f"ready after {time.monotonic() - child.started_at:.1f} s")

    async def _keep(self, part: Part) -> None:
        """Start a part again whenever it ends, until cancelled."""
        back_off = BACK_OFF_S
        child = self._children[part.name]
        while True:
            code = await _exit_of(child)
            kill(child)  # what it may have started
            if time.monotonic() - child.started_at > STEADY_S:
                back_off = BACK_OFF_S
            self._tell(part, f"ended with {code}, starts again in {back_off:.1f} s")
            await asyncio.sleep(back_off)
            back_off = min(back_off * 2, MAX_BACK_OFF_S)
            child = self._spawn(part)
            await self._say_when_ready(part, child)

    async def _say_when_ready(self, part: Part, child: Child) -> None:
        while child.process.poll() is None:
            if await part.is_ready():
                self._tell(part, f"ready again after {time.monotonic() - child.started_at:.1f} s")
                return
            await asyncio.sleep(POLL_S)

    async def _end(self, child: Child) -> None:
        started = time.monotonic()
        ask_to_stop(child)
        try:
            code = await asyncio.wait_for(_exit_of(child), child.part.stop_s)
        except TimeoutError:
            kill(child)
            code = await _exit_of(child)
            self._tell(child.part, f"did not stop within {child.part.stop_s:.0f} s and was killed")
            return
        kill(child)
        how = "stopped" if code in ASKED else f"stopped with {code}"
        self._tell(child.part, f"{how} after {time.monotonic() - started:.1f} s")


async def _exit_of(child: Child) -> int:
    while (code := child.process.poll()) is None:  # noqa: ASYNC110 - there is no event to wait for
        await asyncio.sleep(POLL_S)
    return code
