"""Reads and multiplies what is on the topics of a rig."""

import asyncio
from typing import Any

from aiokafka import AIOKafkaConsumer

from bench.streams.rig import PARTITIONS, Records, Rig, TopicPartition

MARKER = b"__marker"


def records_of(line: Rig, topic: str) -> int:
    """Return how many committed records a topic holds."""
    return len(asyncio.run(_read(line.bootstrap, topic)))


def newest_bytes(bootstrap: str, topic: str) -> int:
    """Return the bytes of keys and values that a compacted topic will keep."""
    last = {(record.partition, record.key): record.value for record in asyncio.run(_read(bootstrap, topic))}
    return sum(len(key or b"") + len(value) for (_, key), value in last.items() if value is not None)


def grow(line: Rig, topic: str, keys: int) -> None:
    """Copy the keys of a state topic under other names until there are as many."""
    last = {(record.partition, record.key): record.value for record in asyncio.run(_read(line.bootstrap, topic))}
    found = [(*place, value) for place, value in last.items() if value is not None and place[1] != MARKER]
    copies: Records = []
    while len(found) + len(copies) < keys:
        partition, key, value = found[len(copies) % len(found)]
        copies.append((partition, key + b"-%d" % (len(copies) // len(found)), value))
    line.fill(topic, copies)


async def _read(bootstrap: str, topic: str) -> list[Any]:
    reader = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, isolation_level="read_committed", auto_offset_reset="earliest", enable_auto_commit=False
    )
    await reader.start()
    try:
        partitions = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        reader.assign(partitions)
        ends = await reader.end_offsets(partitions)
        await reader.seek_to_beginning(*partitions)
        found: list[Any] = []
        while any([await reader.position(partition) < ends[partition] for partition in partitions]):
            for records in (await reader.getmany(timeout_ms=200)).values():
                found.extend(records)
        return found
    finally:
        await reader.stop()
