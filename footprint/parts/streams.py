"""The streams' process: one worker of the group that runs the visitors and subjects agents."""

import asyncio
import logging
import signal
import socket
import time
from contextlib import AsyncExitStack
from typing import Any

import structlog
import uvloop
from prometheus_client import CollectorRegistry

from footprint import health, logs, models, topics
from footprint.parts.connections import resolve_kafka
from footprint.parts.starting import Starting, cancel
from footprint.settings import Settings, SiteSettings
from footprint.tracing import tracer_of
from streams.app import StreamsConfig, create_engine
from streams.core.mail_agents import MailAgents
from streams.core.rules import SiteRules
from streams.faust_exact.engine import Engine
from streams.metrics import StreamsMetrics

log = structlog.get_logger(__name__)

STOP_S = 10.0
"""Longest clean stop; what it did not publish comes at the next start."""
NOISY = ("faust", "mode", "aiokafka", "streams.faust_exact.consumer")
"""Libraries; the last is the name under which Faust logs for our subclasses of it."""


def run(settings: Settings, *, health_port: int, worker: int = 1) -> None:
    """Process events until SIGTERM or SIGINT, then publish what was held back, and return.

    Waits for a broker that is away. Raises Misconfigured when a topic is missing or does not fit.
    """
    logs.configure(part="streams", level=settings.log_level, form=settings.log_format)
    for name in NOISY:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())  # Faust's consumer thread makes a loop of its own
    asyncio.run(_serve(settings, health_port, worker))


def config_of(settings: Settings, *, worker: int) -> StreamsConfig:
    """Return what the streams need to know, from settings and the models that they choose."""
    mail = models.mail_agents(settings)
    return StreamsConfig(
        connection=resolve_kafka(settings),
        partitions=settings.partitions,
        model=models.texts_of(settings, ""),
        models={name: models.texts_of(settings, name) for name in settings.sites},
        sites={name: _site_rules(site, mail) for name, site in settings.sites.items()},
        others=_site_rules(settings.site(""), mail),
        session_update_ms=int(settings.session_update_s * 1000),
        instance=f"{socket.gethostname()}-{worker}",
    )


def _site_rules(site: SiteSettings, mail: MailAgents) -> SiteRules:
    return SiteRules(
        gap_ms=site.session_gap_s * 1000,
        label_automation=site.automation == "label",
        allow=site.traffic_allow,
        deny=site.traffic_deny,
        mail=mail,
        link_by_mail=site.email_links_visitors,
    )


async def _serve(settings: Settings, health_port: int, worker: int) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    config, registry = config_of(settings, worker=worker), CollectorRegistry()
    metrics = StreamsMetrics(registry)
    engine = create_engine(config, clock=_now_ms, observer=metrics, tracer=tracer_of(settings, "streams"))
    metrics.watch(engine.partitions, _now_ms)
    async with AsyncExitStack() as stack:
        server = asyncio.create_task(
            health.serve(health_port, lambda: _status(engine), registry, part="streams", host=settings.health_host)
        )
        stack.push_async_callback(cancel, server)
        if await Starting("streams_waits").until_up(lambda: topics.check(config.connection, settings), stopped):
            await _work(engine, stopped)


async def _work(engine: Engine, stopped: asyncio.Event) -> None:
    await engine.start()
    log.info("streams_started")
    await stopped.wait()
    await asyncio.wait_for(engine.stop(), STOP_S)
    log.info("streams_stopped")


async def _status(engine: Engine) -> dict[str, Any]:
    status = engine.status()
    return {
        "ready": status.ready,
        "lag": status.lag,
        "idle_s": round(status.idle_s, 3),
        "checks": {"partitions": "ok" if status.ready else f"{status.owned} of {status.assigned} recovered"},
    }


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
