"""Collector processes of tests, what they say of themselves, and a client that treats them as SDKs do."""

import asyncio
from collections import Counter
from contextlib import suppress

import httpx2

from schemas import codec
from schemas.topics import EVENTS

PROGRAM = "from footprint.parts.collector import run; from footprint.settings import current; run(current())"
KEY = {"x-write-key": "key"}


async def ready(client, collector=None):
    assert collector is None or collector.poll() is None, collector.log.read_text()
    try:
        return (await client.get("/ready")).status_code == 200
    except httpx2.TransportError:
        return False


def view(number, visitor="v1"):
    return {"type": "page", "anonymousId": visitor, "messageId": f"m{number}"}


async def stored_ids(broker, starts):
    records = await broker.read(EVENTS, starts[EVENTS])
    return Counter(event["event_id"] for record in records for event in codec.read_lines(record.value))


class Sender:
    """A client that keeps what was not answered 200 and sends it again under the same id, as the SDKs do."""

    def __init__(self, http):
        self._http = http
        self.number = 0
        self.answered = set()
        self.resent = set()
        self.stopped = False

    async def run(self):
        while not self.stopped:
            self.number += 1
            await self._send(view(self.number, f"v{self.number % 11}"))

    async def _send(self, event):
        while not self.stopped:
            with suppress(httpx2.TransportError):
                answer = await self._http.post("/v1/page", json=event, headers=KEY)
                if answer.status_code == 200:
                    self.answered.add(event["messageId"])
                    return
                assert (answer.status_code, answer.headers["retry-after"].isdigit()) == (503, True)
            self.resent.add(event["messageId"])
            await asyncio.sleep(0.2)


def in_order(events):
    """True when each visitor's events are there first in the order in which they were sent, one after another."""
    sent = {}
    for event in events:
        number = int(event["event_id"][1:])
        sent.setdefault((event["visitor_id"], number // 1_000_000), {}).setdefault(number)
    return all(list(numbers) == sorted(numbers) for numbers in sent.values())


async def says(client, text):
    return (await client.get("/ready")).json()["checks"]["kafka"] == text


async def lag(client):
    return (await client.get("/ready")).json()["lag"]


async def shipped(client):
    return await lag(client) == 0


async def answered(senders, count):
    return sum(len(sender.answered) for sender in senders) >= count


async def ended(process):
    return process.poll() is not None


async def unready(client):
    return not await ready(client)
