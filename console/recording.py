"""Steps of tasks as this process writes them, and what it has written so lately that the store may not show it yet."""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from console.ports import Writer
from schemas.topics import TASKS

LATELY_MS = 60_000
MOST = 2_000


class Steps:
    """Writes steps, and remembers those of the last minute."""

    def __init__(self, writer: Writer, now_ms: Callable[[], int]) -> None:
        self._writer = writer
        self._now_ms = now_ms
        self._lately: deque[tuple[int, Mapping[str, Any]]] = deque(maxlen=MOST)

    async def add(self, step: Mapping[str, Any], **options: float) -> None:
        """Write a step; durable when this returns, and shown from then on. Raises Retryable when Kafka has not confirmed it."""
        await self._writer.append(TASKS, f"{step['site']}:{step['task_id']}", step, **options)
        self._lately.append((self._now_ms(), step))

    def lately(self, site: str) -> list[Mapping[str, Any]]:
        """Return the steps of a site that were written in the last minute."""
        since = self._now_ms() - LATELY_MS
        while self._lately and self._lately[0][0] < since:
            self._lately.popleft()
        return [step for _, step in self._lately if step["site"] == site]
