"""One transaction of a partition: outputs, changed state and marker, all or nothing."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any

from schemas.tracing import HEADER
from streams.core.planning import NO_HEADERS, Headers, Plan, Planned, plan_outputs, plan_state
from streams.core.work import Value, Work
from streams.faust_exact.changelog import MARKER, encode_marker
from streams.faust_exact.kafka import append_to, failure_of
from streams.faust_exact.partition import Partition


def writes(partition: Partition, work: Work) -> bool:
    """True when the work has something to write."""
    return bool(work.out.records or work.out.lines or partition.state.changed())


def plan(partition: Partition, work: Work, *, marker: int, partitions: int, trace: bytes | None = None) -> Plan:
    """Return everything that a transaction writes; its lines carry `trace` on. Raises StateTooLarge."""
    headers = _headers(partition, work.meta)
    if trace is not None:
        headers.append((HEADER, trace))
    planned = plan_outputs(work.out, headers, partitions)
    marked: Planned = (MARKER, encode_marker(marker, work.meta), NO_HEADERS)
    planned[partition.hop.state.name, partition.number] = [*plan_state(partition.state.changes()), marked]
    return planned


async def write(producer: Any, planned: Plan) -> None:
    """Write a plan in one transaction; returns after the commit. Any error: the process must end."""
    try:
        await producer.begin_transaction()
        await _send(producer, planned)
        await producer.commit_transaction()
    except Exception as error:  # noqa: BLE001  # aiokafka raises many kinds, and keeps the first one for itself
        raise failure_of(producer) or error from None


async def _send(producer: Any, planned: Plan) -> None:
    acknowledged = [
        await producer.send_batch(batch, topic, partition=number)
        for (topic, number), records in planned.items()
        for batch in _batches(producer, records)
    ]
    await asyncio.gather(*acknowledged)


def _headers(partition: Partition, meta: Value) -> Headers:
    headers = [("from", f"{partition.hop.name}/{partition.number}".encode())]
    watermark = partition.hop.watermark(meta)
    if watermark is not None:
        headers.append(("wm", str(watermark).encode()))
    return headers


def _batches(producer: Any, records: Sequence[Planned]) -> Iterator[Any]:
    at = 0
    while at < len(records):
        batch = producer.create_batch()
        at = append_to(batch, records, at)
        yield batch
