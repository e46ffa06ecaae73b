"""The webhooks' process: one lane for each address of the settings."""

import asyncio
import signal
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Any

import structlog
from prometheus_client import CollectorRegistry

from console.kafka import KafkaWriter
from footprint import health, topics
from footprint.parts.connections import resolve_kafka
from footprint.parts.starting import Starting, cancel
from footprint.settings import Settings
from footprint.site_settings import WebhookSettings
from schemas.codec import dumps
from schemas.deliveries import CallOutcome
from schemas.errors import Misconfigured, Retryable
from schemas.tasks import StepKind
from schemas.topics import DELIVERIES, SIGNALS, TASKS
from sinks.kafka import KafkaSource, RejectedTopic
from sinks.webhooks.calls import Made, call_once
from sinks.webhooks.core.alerts import Address, Alert, Tells, read_step
from sinks.webhooks.core.bodies import body_of
from sinks.webhooks.core.signing import read_key
from sinks.webhooks.core.templates import read_template
from sinks.webhooks.courier import Courier
from sinks.webhooks.http import HttpCaller
from sinks.webhooks.lane import Lane
from sinks.webhooks.metrics import WebhookMetrics

log = structlog.get_logger()

GROUP = "footprint-webhooks"
READS: Mapping[Tells, str] = {"signals": SIGNALS.name, "escalations": TASKS.name}
"""What an address that is told of something has to read."""
HISTORY_S = 2.0
"""How long a call waits for its history."""


def run(settings: Settings, *, health_port: int) -> None:
    """Make calls until SIGTERM or SIGINT. Waits for a broker that is away; raises Misconfigured when there is nobody to call."""
    addresses = addresses_of(settings)
    if not addresses:
        raise Misconfigured("No address is told of anything. Write a [webhooks.NAME] table with url and keys into footprint.toml.")
    asyncio.run(_Webhooks(settings, addresses).run(health_port))


def addresses_of(settings: Settings) -> list[Address]:
    """Return the addresses of the settings."""
    return [address_of(name, told) for name, told in sorted(settings.webhooks.items())]


def address_of(name: str, told: WebhookSettings) -> Address:
    """Return one address."""
    keys = tuple(map(read_key, told.keys))
    return Address(
        name,
        told.url,
        keys,
        shape=told.shape,
        sites=frozenset(told.sites),
        triggers=frozenset(told.triggers),
        template=read_template(told.template) if told.template else None,
        authorization=told.authorization,
        tells=frozenset(told.tells),
    )


def try_out(settings: Settings, name: str) -> tuple[bool, str]:
    """Call an address once with an example; True when it accepted, and what to say of it."""
    if name not in settings.webhooks:
        known = ", ".join(sorted(settings.webhooks)) or "none"
        raise Misconfigured(f"No webhook is called {name!r}; there are: {known}. Name one of them, or write [webhooks.{name}].")
    return asyncio.run(_try_out(address_of(name, settings.webhooks[name]), settings.webhooks_ca_file))


async def _try_out(address: Address, ca_file: str) -> tuple[bool, str]:
    caller = HttpCaller(ca_file=ca_file)
    try:
        made = await try_once(address, caller, "demo")
    finally:
        await caller.stop()
    return made.kept is CallOutcome.DELIVERED, said_of(address.name, made)


async def try_once(address: Address, caller: HttpCaller, site: str) -> Made:
    """Call an address once with an example of a site."""
    example = example_for(address, site, time.time_ns() // 1_000_000)
    return await call_once(address, caller, example, body_of(example, address.shape, address.template))


def example_for(address: Address, site: str, now_ms: int) -> Alert:
    """Return an example of what an address is told of."""
    return example_of(site, now_ms) if "signals" in address.tells else escalation_example_of(site, now_ms)


def escalation_example_of(site: str, now_ms: int) -> Alert:
    """Return a task that nobody ever had, not done in time."""
    step = {
        "step_id": f"test-{now_ms}",
        "site": site,
        "task_id": "test",
        "kind": StepKind.ESCALATED.value,
        "at": now_ms,
        "subject": "c:example",
    }
    step |= {"customer_id": "example", "trigger": "price_page_twice", "title": "a test call", "owner": "somebody", "due_at": now_ms}
    example = read_step(dumps(step))
    assert example is not None, "an example that is no alert"
    return example


def example_of(site: str, now_ms: int) -> dict[str, Any]:
    """Return a signal that never fired."""
    example: dict[str, Any] = {"signal_id": f"test-{now_ms}", "site": site, "subject": "c:example", "customer_id": "example"}
    example |= {"trigger": "price_page_twice", "version": "test", "event_id": "test", "fired_at": now_ms, "status": "fired"}
    return example | {"reason": "a test call", "payload": {"url_path": "/pricing", "count": 2}, "at": now_ms, "revision": 1}


def said_of(name: str, made: Made) -> str:
    """Return what to say of a call that somebody made by hand."""
    if made.kept is CallOutcome.DELIVERED:
        return f"{name} accepted the call with status {made.status}."
    if not made.status:
        return f"{name} did not answer: {made.problem}. Check its url, and that it can be reached from here."
    return f"{name} did not accept the call: status {made.status}. Check its url and the keys on both sides."


class DeliveryLog:
    """The `History` of the webhooks: the topic of deliveries. What Kafka does not take in time is told in the log and not kept."""

    def __init__(self, writer: KafkaWriter) -> None:
        self._writer = writer

    async def note(self, delivery: Mapping[str, Any]) -> None:
        """Keep one call; see `sinks.webhooks.ports.History`."""
        try:
            await self._writer.append(DELIVERIES, f"{delivery['site']}:{delivery['address']}", delivery, longest_s=HISTORY_S)
        except Retryable as error:
            log.warning("delivery_not_kept", address=delivery["address"], reason=str(error))


class _Webhooks:
    """Starts the drivers, each as often as it takes, and tells how things stand."""

    def __init__(self, settings: Settings, addresses: list[Address]) -> None:
        self._settings = settings
        self._addresses = addresses
        self._registry = CollectorRegistry()
        self._metrics = WebhookMetrics(self._registry)
        self._lanes: list[Lane] = []
        self._starting = Starting("webhooks_wait")

    async def run(self, health_port: int) -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        async with AsyncExitStack() as stack:
            server = asyncio.create_task(
                health.serve(health_port, self.status, self._registry, part="webhooks", host=self._settings.health_host)
            )
            stack.push_async_callback(cancel, server)
            lanes = await self._start(stop, stack)
            if lanes is not None:
                self._lanes, self._starting.trouble = lanes, ""
                await asyncio.gather(*(lane.run(stop) for lane in lanes))

    async def _start(self, stop: asyncio.Event, stack: AsyncExitStack) -> list[Lane] | None:
        kafka = resolve_kafka(self._settings)
        if not await self._starting.until_up(lambda: topics.check(kafka, self._settings), stop):
            return None
        caller, rejected, writer = HttpCaller(ca_file=self._settings.webhooks_ca_file), RejectedTopic(kafka), KafkaWriter(kafka)
        stack.push_async_callback(writer.stop)
        stack.push_async_callback(caller.stop)
        stack.push_async_callback(rejected.stop)
        if not await self._starting.until_up(rejected.start, stop):
            return None
        lanes = []
        for address in self._addresses:
            self._metrics.expect(address.name)
            source = KafkaSource(kafka, [READS[told] for told in sorted(address.tells)], group=f"{GROUP}-{address.name}", begin="latest")
            stack.push_async_callback(source.stop)
            if not await self._starting.until_up(source.start, stop):
                return None
            courier = Courier(address, caller, rejected, self._metrics)
            courier.history = DeliveryLog(writer)
            lanes.append(Lane(address, source, courier))
        return lanes

    async def status(self) -> dict[str, Any]:
        """Return what `/ready` says. A receiver that is away shows in the checks; the process is ready all the same."""
        lags = [lane.lag() for lane in self._lanes]
        known = [lag for lag in lags if lag is not None]
        for lane in self._lanes:
            self._metrics.waiting(lane.name, lane.pending)
        ready = bool(lags) and len(known) == len(lags)
        checks = {lane.name: lane.check() for lane in self._lanes} or {"kafka": self._starting.trouble}
        return {"ready": ready, "lag": sum(known) if ready else None, "idle_s": None, "checks": checks}
