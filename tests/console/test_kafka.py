"""The console's writer: what it says yes to is in Kafka; nobody waits long for a Kafka that is away."""

import asyncio
import time
import uuid

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from console.kafka import KafkaWriter
from footprint.local.ports import free_port
from schemas.codec import key_partition, loads
from schemas.connections import KafkaConnection
from schemas.deliveries import Delivery
from schemas.errors import Retryable
from schemas.topics import Topic


def a_topic():
    return Topic(f"console-{uuid.uuid4().hex[:8]}", Delivery, "json", "site", 1, "a test's")


async def test_nobody_waits_long_for_a_kafka_that_is_away_and_the_next_one_not_at_all():
    writer = KafkaWriter(KafkaConnection(f"127.0.0.1:{free_port()}"))
    with pytest.raises(Retryable, match="nothing is doubled"):
        await asyncio.wait_for(writer.append(a_topic(), "shop:t", {}), 20)
    began = time.monotonic()
    with pytest.raises(Retryable, match="Health"):
        await writer.append(a_topic(), "shop:t", {}, longest_s=20)
    assert time.monotonic() - began < 10
    await writer.connect()
    await writer.stop()


@pytest.mark.kafka
async def test_what_was_written_is_on_the_partition_of_its_key(kafka):
    topic, writer = a_topic(), KafkaWriter(kafka)
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic.name, 3, 1)])
    await admin.close()
    await writer.connect()
    for number in range(4):
        await writer.append(topic, f"shop:{number}", {"number": number}, longest_s=30)
    consumer = AIOKafkaConsumer(topic.name, bootstrap_servers=kafka.bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    found = {}
    while len(found) < 4:
        record = await asyncio.wait_for(consumer.getone(), 30)
        found[record.key.decode()] = (loads(record.value)["number"], record.partition)
    await consumer.stop()
    await writer.stop()
    assert found == {f"shop:{number}": (number, key_partition(f"shop:{number}".encode(), 3)) for number in range(4)}
