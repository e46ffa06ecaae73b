"""Hands on the tasks that nobody has done in time, each once."""

import asyncio
from collections import OrderedDict

import structlog

from console.core.step_rows import task_of
from console.core.tasks import escalation_of
from console.ports import Store
from console.recording import Steps
from schemas.errors import Retryable

log = structlog.get_logger()

EVERY_S = 10.0
LONGEST_S = 10.0
TOLD_MAX = 10_000
DUE = """
SELECT * FROM tasks
WHERE (site, task_id) GLOBAL IN (
        SELECT site, task_id FROM tasks_raw
        WHERE kind = 'opened' AND due_at > now64(3) - INTERVAL 30 DAY AND due_at <= now64(3)
    )
    AND state = 'open' AND NOT escalated AND due_at <= now64(3)
ORDER BY due_at, task_id
LIMIT 500
"""
"""Of every site, because it is nobody's page: tasks that are open after their due time, of the last month, which is as long as anybody was away."""


class Escalation:
    """Looks for what is overdue and writes its steps. A step is made of task and due time, so several that look write the same one."""

    def __init__(self, store: Store, steps: Steps, *, every_s: float = EVERY_S) -> None:
        self._store = store
        self._steps = steps
        self._every_s = every_s
        self._told: OrderedDict[str, None] = OrderedDict()
        self._trouble = ""

    def check(self) -> str:
        """Return `ok`, or what is wrong."""
        return self._trouble or "ok"

    async def run(self, stop: asyncio.Event) -> None:
        """Look every few seconds until `stop`."""
        while not stop.is_set():
            try:
                await self.look()
                self._trouble = ""
            except Retryable as error:
                self._trouble = str(error)
            try:
                await asyncio.wait_for(stop.wait(), self._every_s)
            except TimeoutError:
                continue

    async def look(self) -> int:
        """Hand on what is overdue now; returns how many. What the store does not show yet is not written again."""
        found = [escalation_of(task_of(row)) for row in await self._store.ask(DUE, {})]
        fresh = [step for step in found if step["step_id"] not in self._told]
        for step in fresh:
            await self._steps.add(step, longest_s=LONGEST_S)
            self._told[step["step_id"]] = None
            if len(self._told) > TOLD_MAX:
                self._told.popitem(last=False)
        return len(fresh)
