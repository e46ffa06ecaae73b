"""Publishing scoring models and triggers: told to the streams by lines they cannot miss, read back from the topic they write."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from footprint import keys, models
from footprint.broker import explained
from footprint.models import ModelFile
from footprint.parts.connections import DEMO_KEYS, resolve_kafka
from footprint.settings import Settings
from schemas.codec import key_partition
from schemas.connections import KafkaConnection
from schemas.errors import Misconfigured, Retryable
from schemas.models import PublishedModel
from schemas.topics import EVENTS, MAX_RECORD_BYTES, MODELS, Topic
from schemas.transport import client_options
from streams.core.publishing import model_line
from streams.core.rulebook import ModelTexts
from streams.core.subject import SubjectRules, read_rules

POLL_S = 0.2
AWAY = "Kafka at {} does not answer. Start it, or correct FOOTPRINT_KAFKA_BOOTSTRAP; what was not published can be published again."


@dataclass(frozen=True, slots=True)
class Publication:
    """What was published. `runs` False: it is durable, and the streams have not said yet that they go by it."""

    site: str
    version: str
    triggers_version: str
    runs: bool


def running(settings: Settings, site: str) -> PublishedModel | None:
    """Return what a site has published and runs, None where it runs what the settings choose. Raises Retryable."""
    return asyncio.run(_running(settings, site))


def rules_of(settings: Settings, site: str) -> SubjectRules:
    """Return the rules that the streams go by for a site. Raises Retryable when the broker is away."""
    found = running(settings, site)
    texts = ModelTexts(found.scores, found.triggers) if found else models.texts_of(settings, site)
    return read_rules(scores=texts.scores, triggers=texts.triggers, partitions=settings.partitions)


def require_site(settings: Settings, site: str) -> None:
    """Raise Misconfigured for a site that nobody can send events to: its name is misspelt."""
    known = {*settings.sites, *settings.site_keys().values(), *(key.site for key in keys.kept(keys.keys_file(settings)))}
    known |= set() if settings.site_keys() else {DEMO_KEYS.partition(":")[0]}
    if site not in known:
        raise Misconfigured(f"There is no site {site[:80]!r}; there are: {', '.join(sorted(known))}. Name one of them.")


def publish(settings: Settings, site: str, files: Sequence[ModelFile], *, wait_s: float) -> Publication:
    """Publish a scoring model, triggers, or both for a site, and wait until the streams go by them.

    Raises Misconfigured when they do not fit, or a version that ran comes back with other content; Retryable when the broker is
    away. It can be run again: what runs already changes nothing.
    """
    texts = _texts(settings, site, running(settings, site), files)
    lines = [model_line(site, texts, partition=partition, at=_now_ms()) for partition in range(settings.partitions)]
    if len(lines[0]) > MAX_RECORD_BYTES:
        raise Misconfigured(
            f"The model and the triggers have {len(lines[0])} bytes, {MAX_RECORD_BYTES} at most. Leave out what is not needed."
        )
    asyncio.run(send_lines(resolve_kafka(settings), EVENTS, lines))
    rules = read_rules(scores=texts.scores, triggers=texts.triggers, partitions=settings.partitions)
    runs = asyncio.run(_follow(settings, site, texts, wait_s))
    return Publication(site, rules.model.version, rules.triggers_version, runs)


def _texts(settings: Settings, site: str, known: PublishedModel | None, files: Sequence[ModelFile]) -> ModelTexts:
    """Return both texts: what is not published anew stays as it runs."""
    found = models.chosen(settings, site)
    if known:
        found = {"scores": models.read(known.scores, "scores"), "triggers": models.read(known.triggers, "triggers")}
    for file in files:
        before = found[file.kind]
        if file.version == before.version and file.text != before.text:
            raise Misconfigured(f"{file.name}: version {file.version} runs already, with other content. Give it a new version.")
        if known and file.kind == "scores" and file.version in known.earlier:
            raise Misconfigured(f"{file.name}: version {file.version} ran before. Give it a new version.")
        found[file.kind] = file
    if len({file.kind for file in files}) < len(files):
        raise Misconfigured("Two files are of the same kind. Name one scoring model, one file of triggers, or one of each.")
    models.check_together(list(found.values()))
    return ModelTexts(found["scores"].text, found["triggers"].text)


async def send_lines(connection: KafkaConnection, topic: Topic, lines: Sequence[bytes]) -> None:
    """Write one line into each partition of a topic, in their order. Raises Retryable when the broker is away."""
    producer = AIOKafkaProducer(acks="all", enable_idempotence=True, **client_options(connection))
    try:
        await producer.start()
        for partition, line in enumerate(lines):
            await producer.send_and_wait(topic.name, line, partition=partition)
    except (KafkaError, OSError) as error:
        raise await explained(error, connection, Retryable(AWAY.format(connection.bootstrap))) from error
    finally:
        await producer.stop()


async def _follow(settings: Settings, site: str, texts: ModelTexts, wait_s: float) -> bool:
    """Wait until the streams say that they go by these texts; False when they do not in time."""
    deadline = time.monotonic() + wait_s
    while True:
        found = await _running(settings, site)
        if found and ModelTexts(found.scores, found.triggers) == texts:
            return True
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(POLL_S)


async def _running(settings: Settings, site: str) -> PublishedModel | None:
    found = await latest_of(settings, MODELS, site)
    return PublishedModel.model_validate_json(found) if found else None


async def latest_of(settings: Settings, topic: Topic, site: str) -> bytes | None:
    """Return what stands on a topic under the key of a site, by reading its partition to the end: such topics are compacted and small.

    Raises Misconfigured when the topic is missing, Retryable when the broker is away.
    """
    connection = resolve_kafka(settings)
    consumer = AIOKafkaConsumer(
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        fetch_max_wait_ms=50,
        **client_options(connection),
    )
    try:
        await consumer.start()
        if topic.name not in await consumer.topics():
            raise Misconfigured(f"{topic.name} is missing. Run: footprint topics create")
        place = TopicPartition(topic.name, key_partition(site.encode(), settings.partitions))
        consumer.assign([place])
        end: int = (await consumer.end_offsets([place]))[place]
        found: bytes | None = None
        while await consumer.position(place) < end:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found = next((record.value for record in reversed(records) if record.key == site.encode()), found)
    except (KafkaError, OSError) as error:
        raise await explained(error, connection, Retryable(AWAY.format(connection.bootstrap))) from error
    finally:
        await consumer.stop()
    return found


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
