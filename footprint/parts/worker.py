"""What every worker of the streams' machinery does around its engine: logs, health, waiting for topics, a clean stop."""

import asyncio
import logging
import signal
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import structlog
import uvloop
from prometheus_client import CollectorRegistry

from footprint import health, logs, topics
from footprint.parts.connections import resolve_kafka
from footprint.parts.starting import Starting, cancel
from footprint.settings import Settings
from streams.faust_exact.engine import Engine
from streams.metrics import StreamsMetrics

log = structlog.get_logger(__name__)

STOP_S = 10.0
"""Longest clean stop; what it did not publish comes at the next start."""
NOISY = ("faust", "mode", "aiokafka", "streams.faust_exact.consumer")
"""Libraries; the last is the name under which Faust logs for our subclasses of it."""

Make = Callable[[StreamsMetrics], Engine]
"""Makes the engine; called inside the loop that runs it."""


def run_worker(settings: Settings, part: str, make: Make, *, health_port: int) -> None:
    """Run an engine until SIGTERM or SIGINT, then publish what was held back, and return.

    Waits for a broker that is away. Raises Misconfigured when a topic is missing or does not fit.
    """
    logs.configure(part=part, level=settings.log_level, form=settings.log_format)
    for name in NOISY:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())  # Faust's consumer thread makes a loop of its own
    asyncio.run(_serve(settings, part, make, health_port))


async def _serve(settings: Settings, part: str, make: Make, health_port: int) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    registry = CollectorRegistry()
    metrics = StreamsMetrics(registry)
    engine = make(metrics)
    metrics.watch(engine.partitions, now_ms)
    async with AsyncExitStack() as stack:
        serving = health.serve(health_port, lambda: _status(engine), registry, part=part, host=settings.health_host)
        stack.push_async_callback(cancel, asyncio.create_task(serving))
        connection = resolve_kafka(settings)
        if await Starting(f"{part}_waits").until_up(lambda: topics.check(connection, settings), stopped):
            await _work(engine, part, stopped)


async def _work(engine: Engine, part: str, stopped: asyncio.Event) -> None:
    await engine.start()
    log.info("worker_started", part=part)
    await stopped.wait()
    await asyncio.wait_for(engine.stop(), STOP_S)
    log.info("worker_stopped", part=part)


async def _status(engine: Engine) -> dict[str, Any]:
    status = engine.status()
    return {
        "ready": status.ready,
        "lag": status.lag,
        "idle_s": round(status.idle_s, 3),
        "checks": {"partitions": "ok" if status.ready else f"{status.owned} of {status.assigned} recovered"},
    }


def now_ms() -> int:
    """Return the time of this machine, Unix milliseconds."""
    return time.time_ns() // 1_000_000
