"""Topics of a real Kafka get more partitions, and everything is where it belongs then."""

import asyncio

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, OffsetAndMetadata, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from footprint import topics
from footprint.growing.places import of_record, of_subject, of_visitor
from footprint.growing.records import opened
from footprint.growing.run import grow
from footprint.settings import Settings
from schemas.errors import Misconfigured
from schemas.topics import EVENTS, PUBLIC, SCORES, SIGNALS, STATE, SUBJECTS_STATE, VISITORS_STATE
from sinks.core.feeds import TOPICS
from sinks.kafka import GROUP
from streams.core.layout import write
from streams.faust_exact.changelog import MARKER, encode_marker
from tests.support.servers import LocalKafka, running

pytestmark = pytest.mark.kafka

OLD, NEW = 4, 6
ADDRESS = "footprint-webhooks-crm"
VISITORS = [f"shop\0v\0v{number}".encode() for number in range(40)]
SUBJECTS = [f"shop\0v:v{number}".encode() for number in range(40)]
SCORE_KEYS = [f"shop:v:v{number}:engagement".encode() for number in range(40)]
MODEL = b"shop\0m:model"


@pytest.fixture(scope="module")
def line(tmp_path_factory):
    """A line at rest: state of four partitions, each with a marker, and scores that the sink has stored."""
    with running(LocalKafka(tmp_path_factory.mktemp("growing"))) as broker:
        asyncio.run(fill(broker.connection))
        yield broker.connection


async def fill(kafka):
    await topics.create(kafka, Settings(partitions=OLD))
    marked = {VISITORS_STATE: {"watermark": 7}, SUBJECTS_STATE: {"watermarks": {"visitors/0": 7}, "models": {"shop": "digest"}}}
    written = [(SUBJECTS_STATE, number, MODEL, write({"published": {}})) for number in range(OLD)]
    written += [(topic, number, MARKER, encode_marker(-1, meta)) for topic, meta in marked.items() for number in range(OLD)]
    written += [(VISITORS_STATE, of_visitor(key, OLD), key, write({"is": key.decode()})) for key in VISITORS]
    written += [(SUBJECTS_STATE, of_subject(key, OLD), key, write({"is": key.decode()})) for key in SUBJECTS]
    written += [(SCORES, of_record(key, OLD), key, b'{"of":"%s"}' % key) for key in SCORE_KEYS]
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap) as producer:
        for topic, number, key, value in written:
            await producer.send(topic.name, value, key=key, partition=number)
        await producer.flush()
    await stored(kafka)
    await commit(kafka, ADDRESS, {TopicPartition(SIGNALS.name, number): 0 for number in range(OLD)})


async def commit(kafka, group, offsets):
    async with AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap, group_id=group, enable_auto_commit=False) as consumer:
        consumer.assign(list(offsets))
        await consumer.commit({place: OffsetAndMetadata(offset, "") for place, offset in offsets.items()})


async def stored(kafka):
    """Let the sink have stored everything."""
    async with AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap) as consumer:
        ends = await consumer.end_offsets([TopicPartition(topic, number) for topic in TOPICS for number in range(OLD)])
    await commit(kafka, GROUP, ends)


async def latest(kafka, topic):
    async with opened(kafka, "test") as (reader, _):
        return [await reader.latest(topic, number) for number in range(NEW)]


async def committed(kafka, group):
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    try:
        return {(place.topic, place.partition): found.offset for place, found in (await admin.list_consumer_group_offsets(group)).items()}
    finally:
        await admin.close()


async def test_a_line_that_is_not_at_rest_is_left_as_it_is(line):
    async with AIOKafkaConsumer(SIGNALS.name, bootstrap_servers=line.bootstrap, group_id=GROUP):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("footprint.growing.rest.LEAVE_S", 0.5)
            with pytest.raises(Misconfigured, match=r"sinks are running|Stop all"):
                await grow(line, NEW)
    async with AIOKafkaProducer(bootstrap_servers=line.bootstrap) as producer:
        await producer.send_and_wait(EVENTS.name, b"{}", partition=1)
    with pytest.raises(Misconfigured, match="partition 1, has records that the streams have not done"):
        await grow(line, NEW)
    async with AIOKafkaProducer(bootstrap_servers=line.bootstrap) as producer:  # now they have
        await producer.send_and_wait(VISITORS_STATE.name, encode_marker(0, {"watermark": 7}), key=MARKER, partition=1)
        await producer.send_and_wait(SCORES.name, b"{}", key=SCORE_KEYS[0], partition=of_record(SCORE_KEYS[0], OLD))
    with pytest.raises(Misconfigured, match=r"scores.v1, partition \d, has records that the sinks have not done"):
        await grow(line, NEW)
    assert set((await topics.partitions(line)).values()) == {OLD}
    await stored(line)


async def test_everything_is_where_it_belongs_afterwards(line):
    moved = await grow(line, NEW)
    assert set((await topics.partitions(line)).values()) == {NEW}
    for topic, keys, place in (
        (VISITORS_STATE, VISITORS, of_visitor),
        (SUBJECTS_STATE, SUBJECTS, of_subject),
        (SCORES, SCORE_KEYS, of_record),
    ):
        found = await latest(line, topic.name)
        placed = {key: number for number, values in enumerate(found) for key in values if key not in (MARKER, MODEL)}
        assert placed == {key: place(key, NEW) for key in keys}
        assert sum(len(values) for values in found) == len(keys) + (topic is not SCORES) * NEW + (topic is SUBJECTS_STATE) * NEW
        assert moved[topic.name] == sum(place(key, OLD) != place(key, NEW) for key in keys) > 0


async def test_a_new_partition_knows_what_it_must(line):
    for values in (await latest(line, SUBJECTS_STATE.name))[OLD:]:
        assert MODEL in values
        assert values[MARKER] == encode_marker(-1, {"watermarks": {"visitors/0": 7}, "models": {"shop": "digest"}})
    for values in (await latest(line, VISITORS_STATE.name))[OLD:]:
        assert values[MARKER] == encode_marker(-1, {"watermark": 7})


async def test_the_sink_sees_nothing_of_it_and_webhooks_miss_nothing(line):
    async with AIOKafkaConsumer(bootstrap_servers=line.bootstrap) as consumer:
        ends = await consumer.end_offsets([TopicPartition(SCORES.name, number) for number in range(NEW)])
    of_sink = await committed(line, GROUP)
    assert {place: of_sink[place] for place in ends} == ends
    assert await committed(line, ADDRESS) == {(SIGNALS.name, number): 0 for number in range(NEW)}


async def test_a_second_time_nothing_moves(line):
    assert not any((await grow(line, NEW)).values())


async def test_a_topic_never_gets_fewer(line):
    with pytest.raises(Misconfigured, match="cannot have fewer"):
        await grow(line, OLD)


async def test_every_topic_is_thought_of(line):
    assert set(await topics.partitions(line)) == {topic.name for topic in (*PUBLIC, *STATE)}
