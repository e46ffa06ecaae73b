"""Where the collector's events go: to Kafka, and to the spool while Kafka is away."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import structlog

from collector.kafka import KafkaDelivery
from collector.ports import Delivery
from collector.spool import Spool
from collector.spooling import Spooling
from footprint import topics
from footprint.broker import explained
from footprint.parts.connections import resolve_kafka
from footprint.parts.starting import Starting
from footprint.settings import Settings
from schemas.connections import KafkaConnection
from schemas.errors import Retryable

log = structlog.get_logger(__name__)

FIRST_CHECK_S = 3.0


async def delivery_of(
    settings: Settings, stopped: asyncio.Event, *, failed: Callable[[BaseException], None], worker: int = 1
) -> Delivery | None:
    """Return how events become durable; None when asked to stop before that is known.

    With a spool it does not wait for a broker that is away. Raises Misconfigured when the spool has no place, or a topic is
    missing or does not fit; `failed` is told so when that is found out later.
    """
    connection, folder = resolve_kafka(settings), spool_folder(settings)
    if folder is None:
        there = await Starting("collector_waits").until_up(lambda: topics.check(connection, settings), stopped)
        return _kafka(connection, settings, check=None) if there else None
    kafka = _kafka(connection, settings, check=await _check_left(connection, settings))
    with suppress(OSError):  # the spool says so when it cannot be made
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    limit = settings.spool_max_bytes // settings.collector_workers
    spool = Spool(folder, worker=str(worker), limit=limit, workers=settings.collector_workers)
    spool.open()  # a folder that cannot be had stops the start here, before anything listens
    return Spooling(kafka, spool, failed=failed)


def _kafka(connection: KafkaConnection, settings: Settings, *, check: Callable[[], Awaitable[None]] | None) -> KafkaDelivery:
    return KafkaDelivery(
        connection,
        partitions=settings.partitions,
        check=check,
        explain=lambda error, away: explained(error, connection, away),
    )


def spool_folder(settings: Settings) -> Path | None:
    """Return where events are kept while Kafka is away, None without a spool."""
    return (settings.spool_dir or settings.data_dir / "spool") if settings.spool_max_bytes else None


async def _check_left(connection: KafkaConnection, settings: Settings) -> Callable[[], Awaitable[None]] | None:
    """Check the topics; return the check when the broker did not answer and it has to be done later."""

    async def check() -> None:
        await topics.check(connection, settings)

    try:
        async with asyncio.timeout(FIRST_CHECK_S):
            await check()
    except (Retryable, TimeoutError) as error:
        log.warning("kafka_away", reason=str(error), spooling=True)
        return check
    return None
