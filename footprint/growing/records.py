"""The records of compacted topics, read as they stand and moved in transactions."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from schemas.connections import KafkaConnection
from schemas.transport import client_options

HEADER = ("moved", b"1")
"""Every record that is written here carries it: it says nothing that was not said before."""

AT_ONCE = 500
"""Records of one transaction."""
LARGEST = 9_000_000
FETCH_BYTES = 4 * 1024 * 1024
WAIT_MS = 200


class Written(NamedTuple):
    """One record to write; `value` None is a tombstone."""

    topic: str
    partition: int
    key: bytes
    value: bytes | None


class Reader:
    """Reads what is committed, one partition at a time."""

    def __init__(self, consumer: Any) -> None:
        self._consumer = consumer

    async def ends(self, topic: str, numbers: Iterable[int]) -> dict[int, int]:
        """Return the end of each partition."""
        found = await self._consumer.end_offsets([TopicPartition(topic, number) for number in numbers])
        return {place.partition: end for place, end in found.items()}

    async def latest(self, topic: str, number: int) -> dict[bytes, bytes]:
        """Return the last value of each key of a partition."""
        found: dict[bytes, bytes] = {}
        async for record in self.records(topic, number, 0):
            if record.value is None:
                found.pop(record.key, None)
            else:
                found[record.key] = record.value
        return found

    async def records(self, topic: str, number: int, first: int) -> AsyncIterator[Any]:
        """Yield the records of a partition from an offset on."""
        place = TopicPartition(topic, number)
        self._consumer.assign([place])
        begin = (await self._consumer.beginning_offsets([place]))[place]
        end = (await self._consumer.end_offsets([place]))[place]
        self._consumer.seek(place, max(first, begin))
        while await self._consumer.position(place) < end:
            for records in (await self._consumer.getmany(place, timeout_ms=WAIT_MS)).values():
                for record in records:
                    yield record


class Writer:
    """Writes records in transactions, each of which has happened as a whole or not at all."""

    def __init__(self, producer: Any) -> None:
        self._producer = producer

    async def write(self, records: Sequence[Written]) -> None:
        """Write records that must stand together."""
        async with self._producer.transaction():
            sent = [
                await self._producer.send(one.topic, one.value, key=one.key, partition=one.partition, headers=[HEADER]) for one in records
            ]
            for waiting in sent:
                await waiting

    async def move(self, topic: str, number: int, values: Mapping[bytes, bytes], to: Mapping[bytes, int]) -> int:
        """Write each value to the partition that `to` names for its key, and take it from this one; return how many."""
        moved = [(key, target) for key, target in to.items() if target != number]
        for first in range(0, len(moved), AT_ONCE):
            pairs = [
                (Written(topic, target, key, values[key]), Written(topic, number, key, None))
                for key, target in moved[first : first + AT_ONCE]
            ]
            await self.write([record for pair in pairs for record in pair])
        return len(moved)


@asynccontextmanager
async def opened(connection: KafkaConnection, name: str) -> AsyncIterator[tuple[Reader, Writer]]:
    """Give both; starting the writer ends what an earlier one of this name has left open."""
    options = client_options(connection)
    producer = AIOKafkaProducer(acks="all", transactional_id=name, max_request_size=LARGEST, **options)
    consumer = AIOKafkaConsumer(
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=FETCH_BYTES,
        fetch_max_wait_ms=10,  # the last fetch of a partition finds nothing: it need not wait for it
        **options,
    )
    try:
        await producer.start()
        await consumer.start()
        yield Reader(consumer), Writer(producer)
    finally:
        await consumer.stop()
        await producer.stop()
