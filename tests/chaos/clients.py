"""Clients that remember every answer: what a collector told them is what the topics are compared to."""

import asyncio
import random
import time
from contextlib import suppress
from dataclasses import dataclass, field

import httpx2

KEY = {"x-write-key": "key"}
SITE = "demo"
VISITORS = 7
PAUSE_S = 0.05


@dataclass
class Ledger:
    """What all clients sent and were told, by event id.

    `answered`: 200. `refused`: 503 and not sent again. `cut`: the connection ended without an answer and they were not
    sent again, so nobody knows. The ids of one visitor count up in the order of sending.
    """

    sent: set[str] = field(default_factory=set)
    answered: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    cut: set[str] = field(default_factory=set)
    refusals: int = 0
    cuts: int = 0
    longest_s: float = 0.0
    wrong: list[str] = field(default_factory=list)


class Client:
    """Sends one request after another. One that is `patient` repeats a request, as SDKs do, until it is answered 200."""

    def __init__(self, http: httpx2.AsyncClient, ledger: Ledger, *, number: int, patient: bool) -> None:
        self._http = http
        self._ledger = ledger
        self._name = f"{'p' if patient else 'i'}{number}"
        self._patient = patient
        self._random = random.Random(number)
        self._next = 0
        self.stopped = False

    async def run(self) -> None:
        """Send until stopped and the last request is settled."""
        while not self.stopped:
            batch = [self._event() for _ in range(self._random.choice((1, 1, 5, 20)))]
            await self._deliver(batch, {event["messageId"] for event in batch})

    def _event(self) -> dict[str, object]:
        self._next += 1
        event = f"{self._name}-{self._next:07d}"
        self._ledger.sent.add(event)
        visitor = f"{self._name}-visitor-{self._next % VISITORS}"
        return {"type": "page", "anonymousId": visitor, "messageId": event, "properties": {"text": "x" * 200}}

    async def _deliver(self, batch: list[dict[str, object]], ids: set[str]) -> None:
        ledger = self._ledger
        while True:
            status = await self._post(batch)
            if status == 200:
                ledger.answered |= ids
            elif status == 503:
                ledger.refusals += 1
            elif status is None:
                ledger.cuts += 1
            else:
                ledger.wrong.append(f"{status} for {min(ids)}")
            if status == 200:
                return
            await asyncio.sleep(PAUSE_S)
            if not self._patient:
                (ledger.cut if status is None else ledger.refused).update(ids)
                return

    async def _post(self, batch: list[dict[str, object]]) -> int | None:
        started = time.monotonic()
        with suppress(httpx2.TransportError):
            answer = await self._http.post("/v1/batch", json={"batch": batch}, headers=KEY)
            self._ledger.longest_s = max(self._ledger.longest_s, time.monotonic() - started)
            if answer.status_code == 200 and answer.json()["accepted"] != len(batch):
                return -1
            if answer.status_code == 503 and not answer.headers.get("retry-after", "").isdigit():
                return -503
            return answer.status_code
        return None


async def stop(clients: list[Client], tasks: list["asyncio.Task[None]"]) -> None:
    """Stop clients; each settles its last request."""
    for client in clients:
        client.stopped = True
    await asyncio.gather(*tasks)
