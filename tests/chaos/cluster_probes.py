"""How long an event takes from its 200 to the topic of scores and into the store, asked twice a second while parts die."""

import asyncio
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from schemas.connections import KafkaConnection
from schemas.errors import Retryable
from schemas.topics import SCORES
from sinks.clickhouse.client import StoreClient
from tests.chaos.cluster_load import Balancer
from tests.chaos.streams_mixed import BROWSER, SITES
from tests.collector.broker import PARTITIONS

EVERY_S = 0.5
LOOK_EVERY_S = 0.25
VISIBLE = "SELECT visitor_id FROM events_raw WHERE site = %(site)s AND visitor_id IN %(visitors)s"


@dataclass(slots=True)
class Probe:
    """One event of a visitor of its own. Times are monotonic seconds, None: not yet."""

    visitor: str
    sent: float
    answered: float | None = None
    scored: float | None = None
    stored: float | None = None

    @property
    def visible(self) -> float | None:
        """When it had got everywhere, None: it has not."""
        return None if self.scored is None or self.stored is None else max(self.scored, self.stored)

    def latency(self, now: float) -> float:
        """Return how long it took from the 200 to everywhere; so far, where it is still under way."""
        return 0.0 if self.answered is None else (self.visible or now) - self.answered


def percentile(values: Sequence[float], part: float) -> float:
    """Return the value below which a part of all lie; 0 of none."""
    return sorted(values)[min(len(values) - 1, int(part * len(values)))] if values else 0.0


def scored_s(probes: Sequence[Probe]) -> list[float]:
    """Return the times from the 200 to the topic of scores, of those that have got there."""
    return [probe.scored - probe.answered for probe in probes if probe.answered is not None and probe.scored is not None]


def stored_s(probes: Sequence[Probe]) -> list[float]:
    """Return the times from the 200 into the store, of those that have got there."""
    return [probe.stored - probe.answered for probe in probes if probe.answered is not None and probe.stored is not None]


def back_after(probes: Sequence[Probe], began: float, *, normal: float, now: float) -> float:
    """Return how long after `began` the last event was visible that took longer than normal, from its sending or its 200."""
    late = [probe for probe in probes if probe.sent >= began - normal and _is_late(probe, normal, now)]
    return max([(probe.visible or now) - began for probe in late], default=0.0)


def _is_late(probe: Probe, normal: float, now: float) -> bool:
    return probe.latency(now) > normal or (probe.answered or now) - probe.sent > normal


class Probes:
    """Sends probes and looks for them until it is cancelled."""

    def __init__(self, balancer: Balancer, kafka: KafkaConnection, client: Callable[[], StoreClient]) -> None:
        self.all: list[Probe] = []
        self.stopped = False
        self._balancer, self._kafka, self._client = balancer, kafka, client
        self._waiting: dict[str, Probe] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Send, and look, until cancelled."""
        await asyncio.gather(self._send(), self._follow_scores(), self._look_into_store())

    async def settle(self) -> None:
        """Send no more, and return when every probe is answered."""
        self.stopped = True
        await asyncio.gather(*self._tasks)

    async def _send(self) -> None:
        while not self.stopped:
            probe = Probe(f"probe-{len(self.all)}", time.monotonic())
            self.all.append(probe)
            task = asyncio.create_task(self._deliver(probe))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            await asyncio.sleep(EVERY_S)

    async def _deliver(self, probe: Probe) -> None:
        message = {"type": "page", "messageId": str(uuid.uuid4()), "anonymousId": probe.visitor}
        message["context"] = {"userAgent": BROWSER, "page": {"url": "https://shop.example/pricing"}}
        self._waiting[probe.visitor] = probe
        await self._balancer.deliver(SITES[0], [message])
        probe.answered = time.monotonic()

    async def _follow_scores(self) -> None:
        partitions = [TopicPartition(SCORES.name, number) for number in range(PARTITIONS)]
        while True:  # a client that lost its brokers begins anew
            with suppress(KafkaError):
                async with AIOKafkaConsumer(
                    bootstrap_servers=self._kafka.bootstrap, isolation_level="read_committed", enable_auto_commit=False
                ) as consumer:
                    consumer.assign(partitions)
                    await consumer.seek_to_beginning()
                    while True:
                        for records in (await consumer.getmany(timeout_ms=200)).values():
                            self._note_scores(records)
            await asyncio.sleep(EVERY_S)

    def _note_scores(self, records: Sequence) -> None:
        for record in records:
            probe = self._waiting.get(record.key.split(b":")[2].decode())
            if probe is not None and probe.scored is None:
                probe.scored = time.monotonic()

    async def _look_into_store(self) -> None:
        client = None
        while True:
            wanted = [visitor for visitor, probe in self._waiting.items() if probe.stored is None]
            try:
                client = client or self._client()
                rows = await asyncio.to_thread(client.rows, VISIBLE, {"site": SITES[0], "visitors": wanted}) if wanted else []
                for (visitor,) in rows:
                    self._waiting[visitor].stored = time.monotonic()
            except Retryable:
                client = None
            for visitor in [visitor for visitor, probe in self._waiting.items() if probe.visible and probe.answered]:
                del self._waiting[visitor]
            await asyncio.sleep(LOOK_EVERY_S)
