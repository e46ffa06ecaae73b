"""Sends events as history to the collector, in batches that fit its limits."""

import asyncio
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import httpx2

from footprint.importing.outcomes import Ready
from schemas.codec import dumps
from schemas.errors import Misconfigured, Retryable

BATCH_EVENTS = 500
BATCH_BYTES = 4 * 1024 * 1024
TRIES = 12
LONGEST_WAIT_S = 10.0


@dataclass(frozen=True, slots=True)
class Sender:
    """The collector at `url`, as the owner of a write key. `now` gives the time that `sentAt` says."""

    client: httpx2.AsyncClient
    url: str
    key: str
    now: Callable[[], str]

    async def send(self, events: Sequence[Ready]) -> None:
        """Send all events, batch by batch; see `footprint.importing.ports.Entry`."""
        for batch in batches_of(events):
            await self._send(batch)

    async def _send(self, batch: list[bytes]) -> None:
        head = dumps({"sentAt": self.now(), "writeKey": self.key})[:-1]
        body = head + b',"batch":[' + b",".join(batch) + b"]}"
        problem = ""
        for attempt in range(TRIES):
            try:
                answer = await self.client.post(f"{self.url}/v1/batch", params={"historical": "1"}, content=body)
            except httpx2.TransportError as error:
                problem = str(error) or type(error).__name__
                await asyncio.sleep(_pause(attempt, ""))
                continue
            if answer.status_code == 200:
                return
            problem = _refused(answer)
            await asyncio.sleep(_pause(attempt, answer.headers.get("retry-after", "")))
        raise Retryable(
            f"The collector at {self.url} does not take events: {problem}. When it does, run the same import again: it continues."
        )


def batches_of(events: Sequence[Ready]) -> Iterator[list[bytes]]:
    """Yield the encoded messages in batches of at most 500 events and 4 MiB."""
    batch: list[bytes] = []
    size = 0
    for event in events:
        line = dumps(event.message)
        if batch and (len(batch) == BATCH_EVENTS or size + len(line) > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(line)
        size += len(line) + 1
    if batch:
        yield batch


def _refused(answer: httpx2.Response) -> str:
    """Return why the collector cannot take the batch now; raises when asking again cannot help."""
    if answer.status_code == 401:
        raise Misconfigured("The collector does not know the site's write key. Give it the same settings as this command.")
    if answer.status_code not in (429, 500, 502, 503, 504):
        raise Misconfigured(f"The collector refused a batch: {answer.status_code} {answer.text[:200]}. Is this address a collector?")
    return f"it answers {answer.status_code}"


def _pause(attempt: int, retry_after: str) -> float:
    wait = float(retry_after) if retry_after.isdigit() else 0.2 * 2**attempt
    return min(wait, LONGEST_WAIT_S) * (1 + random.random() * 0.2)  # noqa: S311 - spreads retries, guards nothing
