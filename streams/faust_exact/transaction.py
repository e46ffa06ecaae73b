"""One transaction of a partition: outputs, changed state and marker, all or nothing."""

import asyncio
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from schemas.codec import key_partition
from schemas.topics import MAX_RECORD_BYTES
from schemas.tracing import HEADER
from streams.core.work import Value, Work
from streams.faust_exact.changelog import MARKER, encode_marker
from streams.faust_exact.exits import StateTooLarge
from streams.faust_exact.kafka import failure_of
from streams.faust_exact.partition import Partition

MAX_STATE_BYTES = 8 * 1024 * 1024
"""Largest value of a state topic; the topic's `max.message.bytes` is a little more."""

Headers = list[tuple[str, bytes]]


class Planned(NamedTuple):
    """One record of a transaction."""

    key: bytes | None
    value: bytes | None
    headers: Headers


NO_HEADERS: Headers = []
_new_planned = tuple.__new__
"""Without the arguments of a named tuple: there is one for every changed key."""

Plan = dict[tuple[str, int], list[Planned]]
"""What a transaction writes: records in order, by topic and partition."""


def writes(partition: Partition, work: Work) -> bool:
    """True when the work has something to write."""
    return bool(work.out.records or work.out.lines or partition.state.changed())


def plan(partition: Partition, work: Work, *, marker: int, partitions: int, trace: bytes | None = None) -> Plan:
    """Return everything that a transaction writes; its lines carry `trace` on. Raises StateTooLarge."""
    headers = _headers(partition, work.meta)
    if trace is not None:
        headers.append((HEADER, trace))
    planned: Plan = {}
    for (topic, number), lines in work.out.lines.items():
        planned.setdefault((topic.name, number), []).extend(Planned(None, value, headers) for value in join(lines))
    for record in work.out.records:
        number = record.partition if record.partition is not None else key_partition(record.key or b"", partitions)
        planned.setdefault((record.topic.name, number), []).append(Planned(record.key, record.value, []))
    state = [_state_record(key, value) for key, value in partition.state.changes().items()]
    state.append(Planned(MARKER, encode_marker(marker, work.meta), []))
    planned[partition.hop.state.name, partition.number] = state
    return planned


def join(lines: Iterable[bytes], limit: int = MAX_RECORD_BYTES) -> Iterator[bytes]:
    """Join NDJSON lines into records of at most `limit` bytes; a longer line is a record of its own."""
    held: list[bytes] = []
    size = -1
    for line in lines:
        if held and size + 1 + len(line) > limit:
            yield b"\n".join(held)
            held, size = [], -1
        held.append(line)
        size += 1 + len(line)
    if held:
        yield b"\n".join(held)


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


def _state_record(key: str, encoded: bytes | None) -> Planned:
    name = key.encode("utf-8", "surrogatepass")
    if encoded is not None and len(encoded) > MAX_STATE_BYTES - len(name):
        raise StateTooLarge(
            f"The state of one key has {len(encoded)} bytes, more than {MAX_STATE_BYTES}. Report this: state must be bounded."
        )
    return _new_planned(Planned, (name, encoded, NO_HEADERS))


def _batches(producer: Any, records: Iterable[Planned]) -> Iterator[Any]:
    batch = producer.create_batch()
    for key, value, headers in records:
        if batch.append(key=key, value=value, timestamp=None, headers=headers) is None:  # full: it closed itself
            yield batch
            batch = producer.create_batch()
            batch.append(key=key, value=value, timestamp=None, headers=headers)  # an empty batch takes a record of any size
    batch.close()
    yield batch
