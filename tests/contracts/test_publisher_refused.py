"""What only a real broker can do: refuse a batch for good."""

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from collector.kafka import KafkaDelivery
from collector.ports import Publication, publish
from collector.publisher import GroupPublisher
from schemas.errors import Retryable
from schemas.topics import EVENTS
from tests.collector.broker import PARTITIONS

pytestmark = pytest.mark.kafka


async def limit(broker, size):
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.connection.bootstrap)
    await admin.start()
    try:
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, EVENTS.name, {"max.message.bytes": str(size)})])
    finally:
        await admin.close()


async def test_after_a_refused_batch_the_next_ones_are_durable_in_order(private_broker):
    starts = await private_broker.ends(EVENTS)
    publisher = GroupPublisher(KafkaDelivery(private_broker.connection, partitions=PARTITIONS))
    await publisher.start()
    await publish(publisher, Publication({0: [b"before"]}))
    await limit(private_broker, 10_000)
    try:
        with pytest.raises(Retryable):
            await publish(publisher, Publication({0: [b"x" * 50_000], 1: [b"neighbour"]}))
        for name in (b"after", b"later"):
            await publish(publisher, Publication({0: [name]}))
    finally:
        await limit(private_broker, 10_000_000)
        await publisher.close()
    records = await private_broker.read(EVENTS, starts)
    assert [record.value for record in records if record.partition == 0] == [b"before", b"after", b"later"]
