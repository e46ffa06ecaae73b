"""Looks at everything a line needs, one thing at a time: each is `ok`, or says what to do."""

import asyncio
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from footprint import topics
from footprint.parts.connections import resolve_kafka, resolve_store
from footprint.parts.run_file import find_run
from footprint.settings import Settings
from footprint.streaming import partitions_of, told
from schemas.connections import KafkaConnection
from schemas.errors import Misconfigured, Retryable
from schemas.transport import client_options
from sinks.clickhouse import migrations
from sinks.clickhouse.client import Refused, StoreClient
from streams.compiled import compiled_home

CLOCK_OFF_S = 2.0
DISK_FREE = 2 * 1024**3
PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, whether it is well, and what was seen or what to do."""

    check: str
    ok: bool
    says: str

    def as_json(self) -> dict[str, Any]:
        """Return the finding as plain values."""
        return asdict(self)


def examine(read: Callable[[], Settings]) -> Iterator[Finding]:
    """Yield one finding per check. Without readable settings there is nothing else to look at."""
    try:
        settings = read()
        sites = sorted(set(settings.site_keys().values()))
    except Misconfigured as error:
        yield Finding("settings", ok=False, says=str(error))
        return
    yield Finding("settings", ok=True, says=f"sites with a write key: {', '.join(sites) or 'none here (`up` makes `demo`)'}")
    yield look("broker", lambda: _broker(resolve_kafka(settings)))
    yield look("topics", lambda: _topics(settings))
    yield look("store", lambda: _store(settings))
    yield look("schema", lambda: _schema(settings))
    run = find_run(settings.data_dir)
    if run is not None:
        yield look("streams", lambda: told(partitions_of(run.health)))
    yield look("cores", cores)
    yield look("clock", lambda: _clock(settings))
    yield look("disk", lambda: disk(settings.data_dir))


def look(check: str, seen: Callable[[], str]) -> Finding:
    """Return what `seen` returns as well, and what it raises as what to do."""
    try:
        return Finding(check, ok=True, says=seen())
    except (Misconfigured, Retryable, Refused) as error:
        return Finding(check, ok=False, says=str(error))


def cores() -> str:
    """Return whether the streams run compiled."""
    if compiled_home():
        return "compiled"
    return "plain Python, which takes half as much CPU again: `make setup` compiles them where there is a C compiler"


def disk(folder: Path) -> str:
    """Return how much space is free where the folder is, or would be; raises Misconfigured below 2 GiB."""
    place = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(place).free
    if free < DISK_FREE:
        raise Misconfigured(f"{free / 1024**3:.1f} GiB are free at {place}. Make room, or set FOOTPRINT_DATA_DIR to another disk.")
    return f"{free / 1024**3:.0f} GiB free at {place}"


def clock_offset(off_s: float) -> str:
    """Return how far the store's clock is from ours; raises Misconfigured beyond two seconds."""
    if abs(off_s) > CLOCK_OFF_S:
        raise Misconfigured(f"The store's clock is {off_s:+.1f} s off. Synchronise the clocks of both machines (NTP).")
    return f"the store's clock is {off_s:+.1f} s off"


def _broker(connection: KafkaConnection) -> str:
    async def nodes() -> int:
        admin = AIOKafkaAdminClient(request_timeout_ms=int(PATIENCE_S * 1000), **client_options(connection))
        await admin.start()
        try:
            return len((await admin.describe_cluster())["brokers"])
        finally:
            await admin.close()

    try:
        count = asyncio.run(asyncio.wait_for(nodes(), PATIENCE_S))
    except (KafkaError, OSError) as error:
        problem = str(error) or type(error).__name__
        raise Retryable(
            f"Kafka at {connection.bootstrap} cannot be reached ({problem}). Start it, or set FOOTPRINT_KAFKA_BOOTSTRAP."
        ) from error
    return f"{connection.bootstrap}, {count} node{'s' * (count != 1)}"


def _topics(settings: Settings) -> str:
    try:
        asyncio.run(asyncio.wait_for(topics.check(resolve_kafka(settings), settings), PATIENCE_S))
    except TimeoutError as error:
        raise Retryable(f"Kafka did not answer within {PATIENCE_S:.0f} s. See the broker's line above.") from error
    return "all there, with the right partitions"


def _store(settings: Settings) -> str:
    connection = resolve_store(settings, user="pipeline")
    return f"{connection.url}, ClickHouse {_ask(settings, 'SELECT version()')}"


def _schema(settings: Settings) -> str:
    connection = resolve_store(settings, user="pipeline")
    migrations.check(connection)
    return f"version {max(version.number for version in migrations.status(connection))}"


def _clock(settings: Settings) -> str:
    before = time.time()
    theirs = int(_ask(settings, "SELECT toUnixTimestamp64Milli(now64(3))")) / 1000
    return clock_offset(theirs - (before + time.time()) / 2)


def _ask(settings: Settings, sql: str) -> Any:
    client = StoreClient(resolve_store(settings, user="pipeline"))
    try:
        return client.rows(sql)[0][0]
    finally:
        client.close()
