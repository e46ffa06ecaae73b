"""The sink's process: one member of the group that stores the topics."""

import asyncio
import math
import signal
import time
from contextlib import AsyncExitStack
from typing import Any

import structlog

from footprint import health, topics
from footprint.parts.connections import resolve_kafka, resolve_store
from footprint.parts.starting import Starting, cancel
from footprint.settings import Settings
from footprint.tracing import tracer_of
from sinks.buffers import keep_buffers
from sinks.clickhouse import migrations
from sinks.clickhouse.store import ClickHouseStore
from sinks.core.feeds import TOPICS, feeds_of
from sinks.kafka import KafkaSource, RejectedTopic
from sinks.loop import Sink, SinkStatus
from sinks.measured import MeasuredRejected, MeasuredStore
from sinks.metrics import SinkMetrics

log = structlog.get_logger()


def run(settings: Settings, *, health_port: int) -> None:
    """Store topics until SIGTERM or SIGINT, then everything up to their ends, and return.

    Waits for a broker or store that is away. Raises Misconfigured when the store's schema is not this program's
    or a topic is missing.
    """
    keep_buffers()
    asyncio.run(_run(settings, health_port))


async def _run(settings: Settings, health_port: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    metrics = SinkMetrics()
    process = _SinkProcess(settings, metrics)
    async with AsyncExitStack() as stack:
        server = asyncio.create_task(health.serve(health_port, process.status, metrics.registry, part="sink", host=settings.health_host))
        stack.push_async_callback(cancel, server)
        await process.run(stop, stack)


class _SinkProcess:
    """Starts the drivers, each as often as it takes, and tells how things stand."""

    def __init__(self, settings: Settings, metrics: SinkMetrics) -> None:
        self._settings = settings
        self._metrics = metrics
        self._sink: Sink | None = None
        self._store: ClickHouseStore | None = None
        self._starting = Starting("sink_waits")

    async def run(self, stop: asyncio.Event, stack: AsyncExitStack) -> None:
        """Wait for store and broker, then store until `stop` and drain."""
        to = resolve_store(self._settings, user="pipeline")
        kafka = resolve_kafka(self._settings)
        self._store = ClickHouseStore(to)
        stack.push_async_callback(self._store.close)
        if not await self._starting.until_up(lambda: asyncio.to_thread(migrations.check, to), stop):
            return
        if not await self._starting.until_up(lambda: topics.check(kafka, self._settings), stop):
            return
        source, rejected = KafkaSource(kafka, TOPICS), RejectedTopic(kafka)
        stack.push_async_callback(source.stop)
        stack.push_async_callback(rejected.stop)
        if not (await self._starting.until_up(source.start, stop) and await self._starting.until_up(rejected.start, stop)):
            return
        store = MeasuredStore(self._store, self._metrics, _now_ms)
        self._sink = Sink(source, store, MeasuredRejected(rejected, self._metrics), feeds=feeds_of(self._settings.partitions))
        self._sink.tracer = tracer_of(self._settings, "sink")
        drained = await self._sink.run(stop, wall_ms=_now_ms)
        log.info("sink_stopped", everything_stored=drained)

    async def status(self) -> dict[str, Any]:
        """Return what `/ready` says."""
        reachable = self._store is not None and await self._store.reachable()
        now = self._sink.status() if self._sink else None
        trouble = (now.waiting_for if now else self._starting.trouble) or "ok"
        checks = {
            "store": "ok" if reachable else "does not answer",
            "partitions": "ok" if now and now.assigned else "none assigned yet",
            "sink": trouble,
        }
        self._show(now, reachable=reachable)
        lag, idle_s = (now.lag, now.idle_s) if now else (None, 0.0)
        return {"ready": reachable and lag is not None and trouble == "ok", "lag": lag, "idle_s": round(idle_s, 3), "checks": checks}

    def _show(self, now: SinkStatus | None, *, reachable: bool) -> None:
        gauges = self._metrics.watch
        gauges.store_up.set(reachable)
        gauges.lag.set(math.nan if now is None or now.lag is None else now.lag)
        if now is not None:
            gauges.idle.set(now.idle_s)
            gauges.partitions.set(now.assigned)
            gauges.unstored_age.set(max(0, _now_ms() - now.oldest_ms) / 1000 if now.oldest_ms else 0)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
