"""Puts an import together: files in, collector and rejected topic out, the store asked, the rebuild at the end."""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx2

from footprint.importing.chunks import chunks_of
from footprint.importing.files import lines_of
from footprint.importing.flow import Flow
from footprint.importing.forms import outcomes_of
from footprint.importing.outcomes import Form, Outcome
from footprint.importing.pace import Pace
from footprint.importing.rejecting import RejectedLines
from footprint.importing.sending import Sender
from footprint.importing.stored import StoredLines
from footprint.importing.tally import Tally
from footprint.rebuild import rebuild_sessions
from footprint.rebuilding import HistoryOf
from schemas.connections import KafkaConnection, StoreConnection
from sinks.clickhouse.client import StoreClient

ANSWER_S = 30.0


@dataclass(frozen=True, slots=True)
class Order:
    """What to import. `form` None: told by each file's first line. `rate`: events a second, 0 for as fast as possible."""

    files: tuple[str, ...]
    site: str
    form: Form | None = None
    host: str = ""
    rate: float = 0.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where to import to. `key` is a write key of the site, `gap_ms` the silence that ends its sessions.

    `history_of` tells the streams what the history of owners adds to scores.
    """

    collector: str
    key: str
    kafka: KafkaConnection
    store: StoreConnection
    gap_ms: int
    history_of: HistoryOf = lambda _, __: 0


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is told how it goes: bytes read from the disk, and lines that are done."""

    read: Callable[[int], None] = lambda _: None
    done: Callable[[int], None] = lambda _: None


async def import_history(order: Order, place: Place, watch: Watch) -> Tally:
    """Import the files and rebuild the sessions of everybody in them, and the history of their scores.

    Raises Retryable or Misconfigured; what was stored until then stays, and running it again continues.
    """
    client = StoreClient(place.store)
    tally = Tally()
    try:
        async with (
            httpx2.AsyncClient(timeout=ANSWER_S) as http,
            RejectedLines(place.kafka, order.site, now_ms=now_ms) as rejecting,
        ):
            flow = Flow(
                stored=StoredLines(client, order.site),
                entry=Sender(http, place.collector, place.key, _now_text),
                rejecting=rejecting,
                tally=tally,
                clock=time.monotonic,
                pace=Pace(order.rate, time.monotonic),
                advance=watch.done,
            )
            await flow.run(chunks_of(_outcomes(order, watch), tally))
        visitors = sorted(flow.visitors)
        rebuilt = await asyncio.to_thread(rebuild_sessions, place.store, order.site, visitors, now_ms(), place.gap_ms)
        await asyncio.to_thread(place.history_of, order.site, [f"v:{visitor}" for visitor in visitors if visitor])
        tally.live = rebuilt.live
    finally:
        client.close()
    return tally


def _outcomes(order: Order, watch: Watch) -> Iterator[Outcome]:
    for name in order.files:
        yield from outcomes_of(lines_of(name, watch.read), site=order.site, form=order.form, host=order.host)


def now_ms() -> int:
    """Return the present as Unix milliseconds."""
    return time.time_ns() // 1_000_000


def _now_text() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
