"""Creates and checks the topics: the broker's side of `schemas/topics.py`."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from footprint.broker import explained
from footprint.settings import Settings
from schemas.connections import KafkaConnection
from schemas.errors import Misconfigured, Retryable
from schemas.topics import PUBLIC, STATE, Topic
from schemas.transport import client_options

STATE_RECORD_BYTES = 8 * 1024 * 1024
"""Largest state record that the streams write."""

KNOWN_S = 15.0

STATE_CONFIGURATION = {
    "cleanup.policy": "compact",
    "max.message.bytes": str(STATE_RECORD_BYTES + 65_536),
    "min.cleanable.dirty.ratio": "0.2",
    "segment.bytes": str(64 * 1024 * 1024),
    "segment.ms": "3600000",
}


def wanted() -> dict[str, dict[str, str]]:
    """Return the configuration of every topic by name."""
    return {topic.name: _configuration(topic) for topic in PUBLIC} | {topic.name: STATE_CONFIGURATION for topic in STATE}


async def create(connection: KafkaConnection, settings: Settings) -> list[str]:
    """Create what is missing and return its names; a topic that exists is left as it is."""
    async with _admin(connection) as admin:
        existing = await admin.list_topics()
        missing = {name: configuration for name, configuration in wanted().items() if name not in existing}
        new = [NewTopic(name, settings.partitions, settings.replication, topic_configs=found) for name, found in missing.items()]
        if new:
            for name, code, *_ in (await admin.create_topics(new)).topic_errors:
                if code and for_code(code) is not TopicAlreadyExistsError:
                    raise Misconfigured(
                        f"Kafka refused to create {name}: {for_code(code).__name__}. Check FOOTPRINT_REPLICATION and the rights."
                    )
            await _until_known(admin, missing.keys())
        return sorted(missing)


async def partitions(connection: KafkaConnection) -> dict[str, int]:
    """Return the number of partitions of every topic of ours that exists."""
    async with _admin(connection) as admin:
        existing = set(await admin.list_topics())
        names = [name for name in wanted() if name in existing]
        described: list[Mapping[str, Any]] = await admin.describe_topics(names) if names else []
        return {found["topic"]: len(found["partitions"]) for found in described}


async def check(connection: KafkaConnection, settings: Settings) -> None:
    """Return when every topic exists with the right number of partitions.

    Raises Misconfigured with what to run when not, Retryable when the broker does not answer.
    """
    found = await partitions(connection)
    missing = [name for name in wanted() if name not in found]
    if missing:
        unseen = " (or let this user describe them: `footprint deploy acls`)" if connection.security_protocol != "PLAINTEXT" else ""
        raise Misconfigured(f"Topics are missing: {', '.join(missing)}. Run: footprint topics create{unseen}")
    for name, number in found.items():
        if number != settings.partitions:
            raise Misconfigured(
                f"{name} has {number} partitions, the settings say {settings.partitions}. Set FOOTPRINT_PARTITIONS={number}: "
                "visitors stay on their partition only while the number stays. `footprint topics grow` makes more and takes them along."
            )


async def _until_known(admin: AIOKafkaAdminClient, names: Collection[str]) -> None:
    """Return when the broker lists the topics: the controller makes them, the broker hears of it a moment later."""
    try:
        async with asyncio.timeout(KNOWN_S):
            while not set(names) <= set(await admin.list_topics()):  # noqa: ASYNC110 - the broker has no event for it
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise Retryable(f"Kafka made the topics and does not list them after {KNOWN_S:.0f} s. Run the same command again.") from None


def _configuration(topic: Topic) -> dict[str, str]:
    if topic.compacted:
        return {"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.2"}
    return {"cleanup.policy": "delete", "retention.ms": str(topic.retention_ms)}


@asynccontextmanager
async def _admin(connection: KafkaConnection) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(request_timeout_ms=10_000, **client_options(connection))
    try:
        await admin.start()
        yield admin
    except (KafkaError, OSError) as error:
        away = Retryable(
            f"Kafka at {connection.bootstrap} does not answer ({connection.security_protocol}). Start it, or correct "
            "FOOTPRINT_KAFKA_BOOTSTRAP and FOOTPRINT_KAFKA_SECURITY_PROTOCOL."
        )
        raise await explained(error, connection, away) from error
    finally:
        await admin.close()
