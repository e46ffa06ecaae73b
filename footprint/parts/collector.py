"""The collector's process: HTTP in, topic out."""

import asyncio
import gc
import logging
import resource
import signal
import socket
from contextlib import suppress
from dataclasses import dataclass, replace
from ipaddress import ip_network
from pathlib import Path

import structlog
import uvicorn
import uvloop

from collector.app import create_app
from collector.config import CollectorConfig
from collector.core.addresses import Network
from collector.fast import fast_protocol
from collector.front import Front
from collector.guard import Guarded, watch
from collector.kafka import KafkaTable
from collector.live import LiveFiles
from collector.peers import Peers
from collector.ports import Tables
from collector.publisher import GroupPublisher
from collector.tracing import TracedDelivery
from footprint import logs
from footprint.local.ports import require_free
from footprint.parts.collector_delivery import delivery_of, spool_folder
from footprint.parts.collector_sites import link_reader, live_paths, rules_for
from footprint.parts.collector_workers import run_workers
from footprint.parts.connections import resolve_kafka
from footprint.settings import Settings, current
from footprint.tracing import tracer_of
from schemas.errors import Misconfigured, Retryable
from schemas.topics import PREFERENCES, PROFILES

log = structlog.get_logger(__name__)

SNIPPET = Path(__file__).parents[2] / "js-snippet" / "dist" / "fp.js"
MAX_FILES = 65_536
GRACE_S = 10
"""Longest wait for open requests at the end: twice what an acknowledgement may take."""


def run(settings: Settings) -> None:
    """Take events until SIGTERM or SIGINT, answer what was taken, and return.

    While the broker is away, events are spooled. Raises Misconfigured when a topic is missing or does not fit, the port is taken,
    or no site has a key.
    """
    logs.configure(part="collector", level=settings.log_level, form=settings.log_format)
    config_of(settings)
    require_free(settings.collector_port, what="the collector", setting="FOOTPRINT_COLLECTOR_PORT", host=settings.collector_host)
    if settings.collector_workers > 1:
        run_workers(settings)
    else:
        serve(settings, Place())


@dataclass(frozen=True, slots=True)
class Place:
    """Which of several processes this is, the sockets it was given (else it opens its own), and the others."""

    worker: int = 1
    sockets: tuple[socket.socket, ...] = ()
    peers: Peers | None = None


def serve(settings: Settings, place: Place) -> None:
    """Be one process of the collector; SIGHUP reads the settings again."""
    logs.configure(part="collector", level=settings.log_level, form=settings.log_format)
    # the driver repeats every failed attempt; readiness already says once that the broker is away, and once that it is back
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    logging.getLogger("uvicorn").setLevel(logging.ERROR)  # its warnings are one line for each request that is not HTTP
    _allow_connections()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until there is something to reload
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, config_of(settings), place))


def config_of(settings: Settings) -> CollectorConfig:
    """Return what the collector needs to know, from settings."""
    keys, live = settings.site_keys(), live_paths(settings)
    rules = rules_for(settings, {*keys.values(), *settings.sites})
    sites = {key: rules[site] for key, site in keys.items()}
    LiveFiles(live).read()  # refuses to start over a list that cannot be read
    if not (sites or live.keys.is_file()):
        raise Misconfigured(
            "No site has a write key. Set FOOTPRINT_WRITE_KEYS=site:key, or keys in [sites.NAME] of footprint.toml, or run `footprint keys create`."
        )
    return CollectorConfig(
        sites=sites,
        rules=rules,
        live=live,
        used_tokens=settings.data_dir / "used-tokens",
        profiles=(settings.spool_dir or settings.data_dir / "spool").parent / "cache",  # a disk of this collector's own
        partitions=settings.partitions,
        snippet=SNIPPET,
        links=link_reader(settings),
        trusted_proxies=trusted_networks(settings.trusted_proxies),
        in_flight_limit=settings.collector_in_flight_bytes,
        spool=spool_folder(settings),
        spool_limit=settings.spool_max_bytes // settings.collector_workers,
    )


def trusted_networks(text: str) -> tuple[Network, ...]:
    """Return the networks of FOOTPRINT_TRUSTED_PROXIES; raises Misconfigured when one is none."""
    try:
        return tuple(ip_network(item.strip(), strict=False) for item in text.split(",") if item.strip())
    except ValueError as error:
        raise Misconfigured(f"FOOTPRINT_TRUSTED_PROXIES: {error}. Write networks such as 10.0.0.0/8, separated by commas.") from None


async def _serve(settings: Settings, config: CollectorConfig, place: Place) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):  # uvicorn hands the signal on when it is done; without this it would end the process
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    failures: list[BaseException] = []

    def failed(error: BaseException) -> None:
        failures.append(error)
        server.should_exit = True

    delivery = await delivery_of(settings, stopped, failed=failed, worker=place.worker)
    if delivery is None:
        return
    tracer = tracer_of(settings, "collector")
    if tracer is not None:
        delivery, config = TracedDelivery(delivery, tracer), replace(config, tracer=tracer)
    preferences = KafkaTable(resolve_kafka(settings), PREFERENCES, partitions=settings.partitions)
    profiles = KafkaTable(resolve_kafka(settings), PROFILES, partitions=settings.partitions)
    app = create_app(config, GroupPublisher(delivery), peers=place.peers, tables=Tables(preferences, profiles))
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, _reload, settings, app)
    log.info("collector_started", address=f"http://{settings.collector_host}:{settings.collector_port}")
    server = uvicorn.Server(_server_options(settings, app))
    watching = asyncio.create_task(watch(server.server_state.connections))
    _collect_rarely()
    try:
        with suppress(SystemExit):  # what uvicorn does when it cannot start; the program says why in its own way
            await server.serve(list(place.sockets) or None)
    finally:
        watching.cancel()
    if failures:
        raise failures[0]
    if not server.started:
        raise Retryable("The collector did not start; the lines above say why. Start it again.")
    log.info("collector_stopped")


def _allow_connections() -> None:
    """Raise the number of connections this process may hold to what the system allows: each takes a file descriptor."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_FILES if hard == resource.RLIM_INFINITY else min(hard, MAX_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _collect_rarely() -> None:
    """Keep the garbage collector from walking over everything that is loaded while hundreds of requests wait for one flush."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def _reload(settings: Settings, app: Front) -> None:
    """Take new keys and rules of sites; what else has changed needs a restart."""
    try:
        app.reload(config_of(current(data_dir=settings.data_dir, collector_port=settings.collector_port)))
    except Misconfigured as error:
        log.error("reload_refused", reason=str(error))  # noqa: TRY400 - the reason says all; it is the operator's file
    else:
        log.info("reloaded")


def _server_options(settings: Settings, app: Front) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=settings.collector_host,
        port=settings.collector_port,
        http=fast_protocol(app.ingest) if settings.collector_fast else Guarded,  # h11 would run a smuggled request
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,  # X-Forwarded-For is believed by our own rule
        server_header=False,
        date_header=False,
        backlog=2048,
        timeout_graceful_shutdown=GRACE_S,
    )
