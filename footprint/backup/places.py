"""How far the sink has come on each partition: read when a backup is made, put back when it is restored."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, OffsetAndMetadata, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from footprint.backup.manifest import Place
from footprint.broker import explained
from schemas.connections import KafkaConnection
from schemas.errors import Misconfigured, Retryable
from schemas.transport import client_options
from sinks.core.feeds import TOPICS
from sinks.kafka import GROUP


async def read_places(connection: KafkaConnection) -> tuple[Place, ...]:
    """Return how far the sink has come now, on every partition. What it stores later is read again after a restore.

    Where it has committed nothing it begins at the beginning, and must do so again.
    """
    async with _clients(connection) as (admin, consumer):
        partitions = await _partitions(admin)
        committed = await admin.list_consumer_group_offsets(GROUP)
        begins, ends = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
    places = {found: committed.get(found) or OffsetAndMetadata(begins[found], "") for found in partitions}
    return tuple(
        Place(found.topic, found.partition, place.offset, place.metadata or "", ends[found]) for found, place in sorted(places.items())
    )


async def from_the_beginning(connection: KafkaConnection) -> tuple[Place, ...]:
    """Return the places of a sink that has stored nothing: the oldest records that Kafka still has."""
    async with _clients(connection) as (admin, consumer):
        partitions = await _partitions(admin)
        begins, ends = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
    return tuple(Place(found.topic, found.partition, begins[found], "", ends[found]) for found in partitions)


async def put_back(connection: KafkaConnection, places: Sequence[Place]) -> int:
    """Have the sink go on where it was when the backup was made; returns how many records it will read again.

    Raises Misconfigured when Kafka is not the one of then, or the sink is running.
    """
    partitions = {TopicPartition(place.topic, place.partition): place for place in places}
    async with _clients(connection) as (admin, consumer):
        known = [found for found in await _partitions(admin) if found in partitions]
        begins, ends = await consumer.beginning_offsets(known), await consumer.end_offsets(known)
        if len(known) < len(partitions) or any(ends[found] < partitions[found].end for found in known):
            raise Misconfigured(
                "This Kafka holds less than when the backup was made: it is another one. The store was restored, but what streams and sink "
                "know is lost; docs/operations/backup.md says what to do."
            )
        consumer.assign(known)
        await consumer.commit({found: OffsetAndMetadata(partitions[found].offset, partitions[found].plan) for found in known})
    return sum(ends[found] - max(partitions[found].offset, begins[found]) for found in known)


async def _partitions(admin: Any) -> list[TopicPartition]:
    """Return the partitions that feed the store, as far as they exist."""
    existing = set(await admin.list_topics())
    described = await admin.describe_topics([topic for topic in TOPICS if topic in existing])
    return sorted(TopicPartition(found["topic"], one["partition"]) for found in described for one in found["partitions"])


@asynccontextmanager
async def _clients(connection: KafkaConnection) -> AsyncIterator[tuple[Any, Any]]:
    options = client_options(connection)
    admin, consumer = AIOKafkaAdminClient(**options), AIOKafkaConsumer(group_id=GROUP, enable_auto_commit=False, **options)
    try:
        await admin.start()
        await consumer.start()
        yield admin, consumer
    except (KafkaError, OSError) as error:
        said = (
            f"Kafka at {connection.bootstrap} did not follow ({type(error).__name__}). Stop the sink, check that Kafka runs, and try again."
        )
        raise await explained(error, connection, Retryable(said)) from error
    finally:
        await consumer.stop()
        await admin.close()
