"""Kafka: whether it answers, and whether its topics hold what they must, as often and as long as they must."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError

from footprint import topics
from footprint.broker import explained
from footprint.parts.connections import resolve_kafka
from footprint.settings import Settings
from schemas.errors import Misconfigured, Retryable
from schemas.topics import DAY_MS
from schemas.transport import client_options

PATIENCE_S = 10.0
SHORTEST_MS = DAY_MS
"""A topic that keeps less loses what an absent reader has not read after a night."""
LOOKED_AT = ("cleanup.policy", "retention.ms", "min.insync.replicas")


@dataclass(frozen=True, slots=True)
class TopicFacts:
    """One topic: the brokers that should hold each partition, those that do, and how it is configured."""

    replicas: tuple[int, ...]
    in_step: tuple[int, ...]
    configuration: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class KafkaFacts:
    """What Kafka says of itself."""

    brokers: int
    topics: Mapping[str, TopicFacts]


def nodes(settings: Settings) -> str:
    """Return where Kafka is and how many brokers it has; raises Retryable when none answers."""
    connection = resolve_kafka(settings)

    async def count(admin: AIOKafkaAdminClient) -> int:
        return len((await admin.describe_cluster())["brokers"])

    found = _asked(settings, count)
    return f"{connection.bootstrap}, {found} node{'s' * (found != 1)}"


def partitions(settings: Settings) -> str:
    """Return that every topic has its partitions; raises Misconfigured when not."""
    try:
        asyncio.run(asyncio.wait_for(topics.check(resolve_kafka(settings), settings), PATIENCE_S))
    except TimeoutError as error:
        raise Retryable(f"Kafka did not answer within {PATIENCE_S:.0f} s. See the broker's line above.") from error
    return f"all there, with {settings.partitions} partitions each"


def copies(settings: Settings) -> str:
    """Return how often Kafka keeps each record; raises Misconfigured where a broker's loss would lose one."""
    return judged_copies(_asked(settings, _facts))


def kept(settings: Settings) -> str:
    """Return for how long Kafka keeps what; raises Misconfigured where that is too short, or a compacted topic expires."""
    return judged_retention(_asked(settings, _facts).topics)


def judged_copies(found: KafkaFacts) -> str:
    """Judge replicas, those in step, and `min.insync.replicas`."""
    behind = [f"{name} ({min(one.in_step)} of {max(one.replicas)})" for name, one in found.topics.items() if one.in_step != one.replicas]
    if behind:
        raise Misconfigured(f"Copies are missing: {', '.join(behind)}. Start the broker that is down, or wait until it has caught up.")
    least = min((min(one.replicas) for one in found.topics.values()), default=1)
    if least == 1 and found.brokers > 1:
        single = next(name for name, one in found.topics.items() if min(one.replicas) == 1)
        raise Misconfigured(
            f"There are {found.brokers} brokers and one copy of {single}: a lost disk loses it. Add replicas (docs/operations/disaster.md)."
        )
    alone = [name for name, one in found.topics.items() if min(one.replicas) > 2 and one.configuration.get("min.insync.replicas") == "1"]
    if alone:
        raise Misconfigured(f"min.insync.replicas is 1 on {', '.join(alone)}: a 200 may stand on one broker only. Set it to 2.")
    return f"{least} of each record, on {found.brokers} broker{'s' * (found.brokers != 1)}, all in step"


def judged_retention(found: Mapping[str, TopicFacts]) -> str:
    """Judge what topics do with old records."""
    by_days: dict[str, list[str]] = {}
    for name, wanted in topics.wanted().items():
        if name not in found:
            continue
        configuration = found[name].configuration
        policy = configuration.get("cleanup.policy", "")
        if policy != wanted["cleanup.policy"]:
            raise Misconfigured(
                f"{name} has cleanup.policy={policy}, it needs {wanted['cleanup.policy']}. Set it before anything is removed."
            )
        if policy == "delete":
            by_days.setdefault(_days(name, int(configuration["retention.ms"])), []).append(name.split(".")[1])
    told = [f"{', '.join(names)} {days}" for days, names in by_days.items()]
    return "; ".join([*told, "the others by their keys"])


def _days(name: str, milliseconds: int) -> str:
    if 0 <= milliseconds < SHORTEST_MS:
        raise Misconfigured(
            f"{name} is kept for {milliseconds / 3_600_000:.1f} h only: what nobody has read by then is lost. Set retention.ms to a day at least."
        )
    return "for ever" if milliseconds < 0 else f"{milliseconds / DAY_MS:g} days"


async def _facts(admin: AIOKafkaAdminClient) -> KafkaFacts:
    brokers = len((await admin.describe_cluster())["brokers"])
    existing = set(await admin.list_topics())
    names = [name for name in topics.wanted() if name in existing]
    described: list[Mapping[str, Any]] = await admin.describe_topics(names) if names else []
    asked = [ConfigResource(ConfigResourceType.TOPIC, name, configs=dict.fromkeys(LOOKED_AT)) for name in names]
    configured = _configurations(await admin.describe_configs(asked) if asked else [])
    return KafkaFacts(
        brokers,
        {
            one["topic"]: TopicFacts(
                tuple(len(partition["replicas"]) for partition in one["partitions"]),
                tuple(len(partition["isr"]) for partition in one["partitions"]),
                configured.get(one["topic"], {}),
            )
            for one in described
        },
    )


def _configurations(answers: list[Any]) -> dict[str, dict[str, str]]:
    return {name: {entry[0]: entry[1] for entry in entries} for answer in answers for _, _, _, name, entries in answer.resources}


def _asked(settings: Settings, question: Any) -> Any:
    """Return the answer to a question to Kafka's admin client."""
    connection = resolve_kafka(settings)

    async def ask() -> Any:
        admin = AIOKafkaAdminClient(request_timeout_ms=int(PATIENCE_S * 1000), **client_options(connection))
        await admin.start()
        try:
            return await question(admin)
        finally:
            await admin.close()

    try:
        return asyncio.run(asyncio.wait_for(ask(), PATIENCE_S))
    except (KafkaError, OSError) as error:
        problem = str(error) or type(error).__name__
        away = Retryable(f"Kafka at {connection.bootstrap} cannot be reached ({problem}). Start it, or set FOOTPRINT_KAFKA_BOOTSTRAP.")
        raise asyncio.run(explained(error, connection, away)) from error
