"""The broker and the store that every test may ask for."""

import clickhouse_connect
import pytest
from aiokafka import AIOKafkaProducer

from tests.support.servers import in_own_loop


@pytest.mark.kafka
def test_the_broker_answers(kafka):
    async def partitions():
        producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap)
        await producer.start()
        try:
            return producer.client.cluster.brokers()
        finally:
            await producer.stop()

    assert len(in_own_loop(partitions)) >= 1


@pytest.mark.store
def test_the_store_gives_a_database_of_the_tests_own(database):
    client = clickhouse_connect.get_client(dsn=f"{database.url}/{database.database}", username=database.user, password=database.password)
    try:
        assert client.query("SELECT currentDatabase()").result_rows == [(database.database,)]
        assert client.query("SHOW TABLES").result_rows == []
    finally:
        client.close()
