"""`footprint topics grow`: more partitions for every topic, and what belongs to a partition goes where it belongs then.

The line must be at rest. Each step may be repeated: a run that was cut off is finished by the next one.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, OffsetAndMetadata, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions
from aiokafka.errors import KafkaError

from footprint import topics
from footprint.broker import explained
from footprint.growing.places import STATES, Meta, Place, of_record
from footprint.growing.records import Reader, Writer, Written, opened
from footprint.growing.rest import require_rest
from footprint.parts.webhooks import GROUP as WEBHOOKS
from schemas.connections import KafkaConnection
from schemas.errors import Misconfigured, Retryable
from schemas.topics import EVENTS, PUBLIC, SIGNALS
from schemas.transport import client_options
from sinks.core.feeds import TOPICS
from sinks.kafka import GROUP
from streams.faust_exact.changelog import MARKER, Marker, decode_marker, encode_marker

NAME = "footprint-grow"
LOOK_S = 2.0
COMPACTED = tuple(topic.name for topic in PUBLIC if topic.compacted)


async def grow(connection: KafkaConnection, wanted: int) -> dict[str, int]:
    """Give every topic `wanted` partitions; return how many keys moved, by topic.

    Raises Misconfigured, before anything was changed, when a topic is missing or has more, or the line is not at rest.
    """
    async with _clients(connection) as admin:
        async with opened(connection, NAME) as (reader, _):
            counts = await topics.partitions(connection)
            _require_fewer(counts, wanted)
            await require_rest(admin, reader, counts)
            accepted = await _accepted(reader, counts[EVENTS.name])
        few = {name: NewPartitions(wanted) for name, count in counts.items() if count < wanted}
        if few:
            await admin.create_partitions(few)
            await _until_known(connection, wanted)
        async with opened(connection, NAME) as (reader, writer):
            moved = {name: await _grow_state(reader, writer, name, wanted) for name in STATES}
            moved |= {name: await _move(reader, writer, name, of_record, wanted) for name in COMPACTED}
            await _pass_over(connection, admin, reader, wanted)
            if accepted != await reader.ends(EVENTS.name, accepted):
                raise Misconfigured(
                    "A collector wrote events while keys moved: they lie where the old number of partitions puts them, and sessions of their "
                    "visitors may be split. Stop the collectors; then run `footprint replay --sessions` for the day."
                )
    return moved


async def _until_known(connection: KafkaConnection, wanted: int) -> None:
    """Return when the brokers list the new partitions: the controller makes them, the brokers hear of it a moment later."""
    async with asyncio.timeout(topics.KNOWN_S):
        while set((await topics.partitions(connection)).values()) != {wanted}:  # noqa: ASYNC110 - the broker has no event for it
            await asyncio.sleep(0.2)


async def _accepted(reader: Reader, partitions: int) -> dict[int, int]:
    """Return how far the events go; raises Misconfigured while they go on."""
    before = await reader.ends(EVENTS.name, range(partitions))
    await asyncio.sleep(LOOK_S)
    if before != await reader.ends(EVENTS.name, range(partitions)):
        raise Misconfigured("Collectors are writing events. Stop them, have the rest absorbed and stored, and run this again.")
    return before


def _require_fewer(counts: dict[str, int], wanted: int) -> None:
    missing = [name for name in topics.wanted() if name not in counts]
    if missing:
        raise Misconfigured(f"Topics are missing: {', '.join(missing)}. Run: footprint topics create")
    more = [f"{name} has {count}" for name, count in counts.items() if count > wanted]
    if more:
        raise Misconfigured(f"{', '.join(more)} partitions: a topic cannot have fewer than it has. Name a larger number.")


async def _grow_state(reader: Reader, writer: Writer, topic: str, wanted: int) -> int:
    """Give new partitions what each must know, then move the keys."""
    place, known_to_new = STATES[topic]
    metas: list[Meta] = []
    shared: dict[bytes, bytes] = {}
    fresh: list[int] = []
    for number in range(wanted):
        values = await reader.latest(topic, number)
        if MARKER in values:
            metas.append(decode_marker(values[MARKER]).meta)
            shared |= {key: value for key, value in values.items() if key != MARKER and place(key, wanted) is None}
        else:
            fresh.append(number)
    if not metas:
        return 0  # nothing was ever absorbed
    marker = encode_marker(Marker().offset, known_to_new(metas))
    for number in fresh:
        await writer.write([Written(topic, number, key, value) for key, value in {**shared, MARKER: marker}.items()])
    return await _move(reader, writer, topic, place, wanted)


async def _move(reader: Reader, writer: Writer, topic: str, place: Place, wanted: int) -> int:
    moved = 0
    for number in range(wanted):
        values = await reader.latest(topic, number)
        placed = {key: place(key, wanted) for key in values if key != MARKER}
        moved += await writer.move(topic, number, values, {key: target for key, target in placed.items() if target is not None})
    return moved


async def _pass_over(connection: KafkaConnection, admin: Any, reader: Reader, wanted: int) -> None:
    """Let the sink go on behind what was moved, which it has stored, and webhooks begin new partitions at their beginning."""
    ends = {name: await reader.ends(name, range(wanted)) for name in COMPACTED if name in TOPICS}
    await _commit(connection, GROUP, {(name, number): end for name, found in ends.items() for number, end in found.items()})
    for group in await _groups(admin, WEBHOOKS):
        known = {(place.topic, place.partition) for place in await admin.list_consumer_group_offsets(group)}
        read = {name for name, _ in known} or {SIGNALS.name}  # escalations are another topic of the same group
        await _commit(connection, group, {(name, number): 0 for name in read for number in range(wanted) if (name, number) not in known})


async def _groups(admin: Any, prefix: str) -> Iterable[str]:
    return sorted(name for name, *_ in await admin.list_consumer_groups() if name.startswith(prefix))


async def _commit(connection: KafkaConnection, group: str, offsets: dict[tuple[str, int], int]) -> None:
    consumer = AIOKafkaConsumer(group_id=group, enable_auto_commit=False, **client_options(connection))
    await consumer.start()
    try:
        if offsets:
            consumer.assign([TopicPartition(*place) for place in offsets])
            await consumer.commit({TopicPartition(*place): OffsetAndMetadata(offset, "") for place, offset in offsets.items()})
    finally:
        await consumer.stop()


@asynccontextmanager
async def _clients(connection: KafkaConnection) -> AsyncIterator[Any]:
    admin = AIOKafkaAdminClient(**client_options(connection))
    try:
        await admin.start()
        yield admin
    except (KafkaError, OSError) as error:
        said = (
            f"Kafka at {connection.bootstrap} did not follow ({type(error).__name__}). Check that it runs, and run this again: it goes on."
        )
        raise await explained(error, connection, Retryable(said)) from error
    finally:
        await admin.close()
