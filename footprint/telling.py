"""Lines for the streams, on the events topic: they go behind the events that came before, and cannot overtake them."""

import asyncio
from collections.abc import Iterable, Iterator

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from footprint.broker import explained
from schemas.codec import join_lines, partition_of
from schemas.connections import KafkaConnection
from schemas.errors import Retryable
from schemas.topics import EVENTS, MAX_RECORD_BYTES
from schemas.transport import client_options

Told = tuple[str, bytes]
"""The visitor or customer that a line is about, and the line."""


def tell_streams(connection: KafkaConnection, site: str, lines: Iterable[Told]) -> None:
    """Write the lines, each to the partition of whom it is about, and return when they are durable.

    Raises Retryable when the broker is away: some may have been written then.
    """
    told = list(lines)
    if told:
        asyncio.run(_tell(connection, site, told))


async def _tell(connection: KafkaConnection, site: str, told: list[Told]) -> None:
    producer = AIOKafkaProducer(acks="all", enable_idempotence=True, **client_options(connection))
    try:
        await producer.start()
        count = len(await producer.partitions_for(EVENTS.name))
        by_partition: dict[int, list[bytes]] = {}
        for owner, line in told:
            by_partition.setdefault(partition_of(site, owner, count), []).append(line)
        sent = [
            await producer.send(EVENTS.name, join_lines(lines), partition=partition)
            for partition, found in by_partition.items()
            for lines in _records(found)
        ]
        await asyncio.gather(*sent)
    except (KafkaError, OSError) as error:
        away = Retryable(f"Kafka at {connection.bootstrap} does not answer. When it is back, run the same command again.")
        raise await explained(error, connection, away) from error
    finally:
        await producer.stop()


def _records(lines: list[bytes]) -> Iterator[list[bytes]]:
    """Split lines, in order, into records of at most `MAX_RECORD_BYTES`."""
    held: list[bytes] = []
    size = 0
    for line in lines:
        if held and size + len(line) > MAX_RECORD_BYTES:
            yield held
            held, size = [], 0
        held.append(line)
        size += len(line) + 1
    if held:
        yield held
