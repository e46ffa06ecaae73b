"""Opens tasks: reads signals, writes the steps that they make, and commits what is done."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import structlog

from console.core.opening import SiteRules, step_of_signal
from console.recording import Steps
from schemas.errors import Retryable
from sinks.ports import Source
from sinks.webhooks.core.alerts import read_signal

log = structlog.get_logger()

POLL_S = 0.25
PAUSE_S = 1.0
LONGEST_S = 10.0
"""Nobody waits for these steps."""


class Opener:
    """Reads `signals` as a member of a group. A signal that is read again makes the same step."""

    def __init__(self, source: Source, steps: Steps, rules_of: Callable[[str], SiteRules], now_ms: Callable[[], int]) -> None:
        self._source = source
        self._steps = steps
        self._rules_of = rules_of
        self._now_ms = now_ms
        self._trouble = ""

    def check(self) -> str:
        """Return `ok`, or what is wrong."""
        return self._trouble or "ok"

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop`; while Kafka is away, wait for it."""
        while not stop.is_set():
            try:
                await self.step()
            except Retryable as error:
                if str(error) != self._trouble:
                    log.warning("tasks_wait", reason=str(error))
                self._trouble = str(error)
                await _wait(PAUSE_S, stop)
            else:
                self._trouble = ""

    async def step(self) -> None:
        """Read what has come, write its steps, and then commit. What is not committed is read again, by whoever holds the partition."""
        read = await self._source.poll(POLL_S)
        marks = self._source.assigned()
        offsets = {}
        for partition, records in read.items():
            found = [step for record in records if (step := self._step_of(record.value))]
            try:
                await asyncio.gather(*(self._steps.add(step, longest_s=LONGEST_S) for step in found))
            except Retryable:
                await self._again(found)
            if records and partition in marks:
                offsets[partition] = (records[-1].offset + 1, None)
        if offsets:
            await self._source.commit(offsets, marks)

    def _step_of(self, value: bytes | None) -> Mapping[str, Any] | None:
        signal = read_signal(value)
        return step_of_signal(signal, self._rules_of(signal["site"]), now_ms=self._now_ms()) if signal else None

    async def _again(self, steps: list[Mapping[str, Any]]) -> None:
        """Write what has been read, however long Kafka is away: it would not be read again before a restart."""
        for step in steps:
            while True:
                try:
                    await self._steps.add(step, longest_s=LONGEST_S)
                    break
                except Retryable as error:
                    self._trouble = str(error)
                    await asyncio.sleep(PAUSE_S)


async def _wait(seconds: float, stop: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
