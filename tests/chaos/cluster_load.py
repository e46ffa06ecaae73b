"""The load of the test cluster: messages of an SDK, sent through a balancer on the client's side until somebody answers 200."""

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import httpx2

from schemas.codec import partition_of
from tests.chaos.streams_mixed import SITES, event
from tests.collector.broker import PARTITIONS

KEYS = dict(zip(SITES, ("a", "b"), strict=True))
SENDERS = 8
BATCHES = (1, 1, 5, 10, 20)
LARGEST = 100
"""A sender that comes late sends so many at once, and more often."""

TIMEOUT_S = 8.0
PAUSE_S = 0.25
TWICE, OTHERWISE = 0.02, 0.005
"""How often a batch is sent again although it was answered, and an id is used for something else."""

LEFT_OUT = ("email_click", "email_open")
"""Hits of e-mails wait a minute for their verdict; chaos PART=streams has them."""


@dataclass
class Ledger:
    """What was sent and answered 200, by event id; how often it took another try, and the longest time until a 200."""

    sent: set[str] = field(default_factory=set)
    answered: set[str] = field(default_factory=set)
    retries: int = 0
    repeats: int = 0
    longest_s: float = 0.0
    wrong: list[str] = field(default_factory=list)


class Balancer:
    """Takes turns among collectors. A request that is cut off, late or refused goes to the next one, with the same ids."""

    def __init__(self, http: httpx2.AsyncClient, addresses: Sequence[str], ledger: Ledger) -> None:
        self._http, self._addresses, self._ledger = http, addresses, ledger
        self._turn = 0

    async def deliver(self, site: str, batch: Sequence[dict[str, object]]) -> None:
        """Return when the batch was answered 200, however long that takes."""
        ids, began = {str(message["messageId"]) for message in batch}, time.monotonic()
        self._ledger.sent |= ids
        while not await self._is_taken(site, batch):
            self._ledger.retries += 1
            await asyncio.sleep(PAUSE_S)
        self._ledger.answered |= ids
        self._ledger.longest_s = max(self._ledger.longest_s, time.monotonic() - began)

    async def _is_taken(self, site: str, batch: Sequence[dict[str, object]]) -> bool:
        self._turn += 1
        address = self._addresses[self._turn % len(self._addresses)]
        content = {"batch": batch, "sentAt": int(time.time() * 1000)}
        try:
            answer = await self._http.post(f"{address}/v1/batch", json=content, headers={"x-write-key": KEYS[site]})
        except httpx2.TransportError:
            return False
        if answer.status_code == 200:
            said = answer.json()
            if said["accepted"] + said["duplicate"] != len(batch):
                self._ledger.wrong.append(f"200 for {said}")
        elif answer.status_code != 503:
            self._ledger.wrong.append(f"{answer.status_code}: {answer.text[:200]}")
        return answer.status_code == 200


class Load:
    """Several senders at a rate; each sends one request after another, and catches up when it had to wait."""

    def __init__(self, balancer: Balancer, ledger: Ledger, *, rate: float, seed: int = 11) -> None:
        self._balancer, self._ledger, self._rate = balancer, ledger, rate
        self._chance = random.Random(seed)
        self._messages = messages(seed)
        self._due, self._stopped = 0.0, False

    async def run(self) -> None:
        """Send until stopped, and until everything is answered."""
        self._due = time.monotonic()
        await asyncio.gather(*[self._send() for _ in range(SENDERS)])

    def stop(self) -> None:
        """Send nothing new."""
        self._stopped = True

    async def _send(self) -> None:
        while not self._stopped:
            number = self._chance.choice(BATCHES) if self._due > time.monotonic() - 1 else LARGEST
            self._due += number / self._rate
            for site, batch in by_site(next(self._messages) for _ in range(number)).items():
                await self._balancer.deliver(site, batch)
                if self._chance.random() < TWICE:
                    self._ledger.repeats += 1
                    await self._balancer.deliver(site, batch)
            await asyncio.sleep(max(0.0, self._due - time.monotonic()))


def by_site(placed: Iterator[tuple[str, dict[str, object]]]) -> dict[str, list[dict[str, object]]]:
    """Return messages by their site, of which a request has one."""
    found: dict[str, list[dict[str, object]]] = defaultdict(list)
    for site, message in placed:
        found[site].append(message)
    return dict(found)


def messages(seed: int) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield site and message of one event after the other, for ever; now and then one with the id of one before."""
    chosen, number, last = random.Random(seed), 0, {}
    while True:
        made = event(chosen, number, time.time_ns() // 1_000_000)
        number += 1
        if made["kind"] in LEFT_OUT or made.get("historical"):
            continue
        if "value" in made:
            made["value"] = chosen.randrange(400) / 4  # in quarters: no order of adding them makes a difference
        if last and chosen.random() < OTHERWISE:
            made = last | {"props": {"otherwise": number}}
        last = made
        yield made["site"], message_of(made)


def message_of(made: dict[str, object]) -> dict[str, object]:
    """Return the message that an SDK sends for an event."""
    about = {"anonymousId": made.get("visitor_id"), "userId": made.get("customer_id"), "traits": made.get("traits")}
    about |= {"pageviewId": made.get("pageview_id"), "seq": made.get("seq"), "engagedMs": made.get("engaged_ms")}
    context = {"userAgent": made["user_agent"], "page": {"url": made["url"]} if "url" in made else None}
    worth = {"value": made["value"], "currency": "EUR"} if "value" in made else {}
    kind = {"type": "identify"} if made["kind"] == "identify" else {"type": "track", "kind": made["kind"], "event": made.get("name")}
    return _without_gaps(
        {
            "messageId": made["event_id"],
            "timestamp": made["created_at"],
            "context": _without_gaps(context),
            "properties": {**made.get("props", {}), **worth},
            **kind,
            **about,
        }
    )


def last_messages() -> Iterator[tuple[str, dict[str, object]]]:
    """Yield the last events: they carry the last watermark of every partition to every other."""
    wanted, number = {(source, target) for source in range(PARTITIONS) for target in range(PARTITIONS)}, 0
    while wanted:
        visitor, customer, number = f"last-v{number}", f"last-c{number}", number + 1
        pair = partition_of(SITES[0], visitor, PARTITIONS), partition_of(SITES[0], customer, PARTITIONS)
        if pair in wanted:
            wanted.discard(pair)
            yield SITES[0], {"type": "identify", "messageId": f"last-{number}", "anonymousId": visitor, "userId": customer}


def _without_gaps(fields: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value is not None}
