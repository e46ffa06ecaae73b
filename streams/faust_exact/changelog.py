"""The state of one partition, read in bulk from its compacted state topic: the last record of a key wins."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from schemas.codec import dumps, loads
from streams.core.layout import VERSION, UnknownVersion, upgraded
from streams.core.work import Value
from streams.faust_exact.exits import StateUnreadable
from streams.faust_exact.hop import Delivery, Hop
from streams.faust_exact.kafka import TopicPartition, close, reader_for

MARKER = b"__marker"
"""Key of the record that holds the last absorbed source offset."""
MARKER_VERSION = 1
READ_RECORDS = 20_000
DECODE_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Marker:
    """What the state of a partition has absorbed: `offset` -1 is nothing; `meta` is the core's own."""

    offset: int = -1
    meta: Value = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of one partition, as loaded; `records` were read for it."""

    values: list[tuple[str, bytes]]
    marker: Marker
    records: int


def encode_marker(offset: int, meta: Value) -> bytes:
    """Return the value of the marker record."""
    return dumps({"version": MARKER_VERSION, "offset": offset, "meta": meta})


def decode_marker(value: bytes) -> Marker:
    """Read a marker record; raises StateUnreadable when another version wrote it."""
    fields = loads(value)
    if fields.get("version") != MARKER_VERSION:
        raise StateUnreadable(f"The marker has version {fields.get('version')}, this program reads {MARKER_VERSION}. Run the newer one.")
    return Marker(fields["offset"], fields["meta"])


async def load(delivery: Delivery, hop: Hop, partition: int) -> Snapshot:
    """Read the state of a source partition. Call it after the partition's producer has started, or it may be incomplete.

    Raises StateUnreadable when the state cannot belong to the source topic.
    """
    reader = reader_for(delivery.connection)
    await reader.start()
    try:
        raw, records = await _read(reader, TopicPartition(hop.state.name, partition))
        end = await _end(reader, TopicPartition(hop.source.name, partition))
    finally:
        await close(reader)
    return await _snapshot(raw, records, source_end=end, hop=hop)


async def _read(reader: Any, tp: Any) -> tuple[dict[bytes, bytes], int]:
    reader.assign([tp])
    first = (await reader.beginning_offsets([tp]))[tp]
    end = await _end(reader, tp)
    reader.seek(tp, first)
    if await reader.position(tp) != first:
        raise StateUnreadable(f"{tp.topic}-{tp.partition} is not read from its first record. Start again.")
    raw: dict[bytes, bytes] = {}
    records = 0
    while await reader.position(tp) < end:
        for batch in (await reader.getmany(tp, timeout_ms=500, max_records=READ_RECORDS)).values():
            records += len(batch)
            for record in batch:
                if record.value is None:
                    raw.pop(record.key, None)
                else:
                    raw[record.key] = record.value
    return raw, records


async def _end(reader: Any, tp: Any) -> int:
    end: int = (await reader.end_offsets([tp]))[tp]
    return end


async def _snapshot(raw: dict[bytes, bytes], records: int, *, source_end: int, hop: Hop) -> Snapshot:
    topic = hop.state
    found = raw.pop(MARKER, None)
    if found is None and raw:
        raise StateUnreadable(f"{topic.name} holds state but no marker. Empty the topic, and the state is built anew.")
    marker = decode_marker(found) if found is not None else Marker()
    if marker.offset >= source_end:
        raise StateUnreadable(
            f"{topic.name} has absorbed offset {marker.offset}, but its source ends at {source_end}: the source topic was "
            "created anew. Delete and create the state topics too (`footprint topics create`)."
        )
    values: list[tuple[str, bytes]] = []
    for number, (key, value) in enumerate(raw.items(), 1):
        values.append((key.decode("utf-8", "surrogatepass"), value if value[0] == VERSION else _upgraded(value, hop)))
        if number % DECODE_AT_ONCE == 0:  # the event loop must keep turning, or the group drops this member
            await asyncio.sleep(0)
    return Snapshot(values, marker, records)


def _upgraded(value: bytes, hop: Hop) -> bytes:
    try:
        return upgraded(value, hop.upgrades)
    except UnknownVersion as error:
        raise StateUnreadable(str(error)) from None
