"""What is refused, by whom, and what is said of it: wrong passwords, authorities, times and rights."""

import asyncio
from dataclasses import replace

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
    for_code,
)

from collector.kafka import KafkaDelivery
from collector.ports import Publication
from footprint import broker, topics
from footprint.deploy import acls
from schemas.errors import Misconfigured, Retryable
from schemas.topics import EVENTS, REJECTED, SCORES, SIGNALS, TRACKED
from schemas.transport import client_options
from sinks.clickhouse import migrations
from sinks.clickhouse.client import StoreClient
from sinks.kafka import GROUP
from sinks.webhooks.http import HttpCaller
from tests.security.secured import TlsFront
from tests.support.authority import Authority
from tests.support.receiver import Receiver

pytestmark = [pytest.mark.kafka, pytest.mark.store]


@pytest.fixture(scope="module")
def strange(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("strange"), "strange")


def said(connection) -> Exception:
    with pytest.raises((Misconfigured, Retryable)) as caught:
        asyncio.run(topics.partitions(connection))
    return caught.value


def as_part(kafka, part):
    return client_options(kafka.as_user(acls.user_of(part)))


def test_a_wrong_password_or_mechanism_stops_the_start(secured_kafka):
    wrong = said(secured_kafka.as_user(acls.user_of("sink"), "wrong"))
    assert isinstance(wrong, Misconfigured)
    assert "refuses user 'footprint-sink'" in str(wrong)
    assert "FOOTPRINT_KAFKA_SASL_PASSWORD" in str(wrong)
    other = said(replace(secured_kafka.connection, sasl_mechanism="PLAIN"))
    assert isinstance(other, Misconfigured)
    assert "does not take PLAIN" in str(other)


def test_a_broker_of_an_unknown_authority_stops_the_start(secured_kafka, strange):
    wrong = said(replace(secured_kafka.connection, ca_file=str(strange.file)))
    assert isinstance(wrong, Misconfigured)
    assert "is not believed" in str(wrong)
    assert "FOOTPRINT_KAFKA_CA_FILE" in str(wrong)


# aiokafka leaves the socket of a refused handshake to the garbage collector, which may come after the loop has ended
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_broker_whose_certificate_has_expired_is_waited_for(secured_kafka, authority):
    with TlsFront(secured_kafka.port, authority.issue("expired", expired=True)) as front:
        wrong = said(replace(secured_kafka.connection, bootstrap=f"127.0.0.1:{front.port}"))
    assert isinstance(wrong, Retryable)
    assert "out of its time" in str(wrong)


def test_a_client_without_the_certificate_that_is_wanted_is_told_so(secured_kafka, strange):
    known = secured_kafka.certificate_of(acls.user_of("collector"))
    shown = strange.issue("stranger")
    for wrong in (
        replace(known, certificate_file="", key_file=""),
        replace(known, certificate_file=str(shown.certificate), key_file=str(shown.key)),
    ):
        assert "FOOTPRINT_KAFKA_CERTIFICATE_FILE" in str(said(wrong))


async def test_a_certificate_is_a_user_as_well_as_a_password_is(secured_kafka):
    delivery = KafkaDelivery(secured_kafka.certificate_of(acls.user_of("collector")), partitions=2)
    try:
        await delivery.connect()
        await delivery.deliver(Publication({0: [b'{"by": "certificate"}']}, []))
    finally:
        await delivery.close()


async def test_what_went_wrong_later_is_waited_for_and_said(secured_kafka, strange):
    connection = replace(secured_kafka.connection, ca_file=str(strange.file))
    delivery = KafkaDelivery(connection, partitions=2, explain=lambda error, away: broker.explained(error, connection, away))
    with pytest.raises(Retryable, match="is not believed"):
        await delivery.probe()


@pytest.mark.parametrize(("part", "topic"), [("collector", EVENTS), ("webhooks", TRACKED), ("rebuild", SCORES)])
async def test_a_part_cannot_read_what_is_not_its_own(secured_kafka, part, topic):
    async with AIOKafkaConsumer(enable_auto_commit=False, auto_offset_reset="earliest", **as_part(secured_kafka, part)) as consumer:
        consumer.assign([TopicPartition(topic.name, 0)])
        with pytest.raises(TopicAuthorizationFailedError):
            await consumer.getone()


@pytest.mark.parametrize(("part", "topic"), [("collector", TRACKED), ("sink", SCORES), ("webhooks", SIGNALS), ("operator", TRACKED)])
async def test_a_part_cannot_write_what_is_not_its_own(secured_kafka, part, topic):
    producer = AIOKafkaProducer(acks="all", enable_idempotence=True, **as_part(secured_kafka, part))
    await producer.start()
    try:
        with pytest.raises(TopicAuthorizationFailedError):
            await producer.send_and_wait(topic.name, b"{}", partition=0)
    finally:
        await producer.stop()


async def test_a_part_cannot_take_another_ones_group_or_transactions(secured_kafka):
    consumer = AIOKafkaConsumer(SIGNALS.name, group_id=GROUP, **as_part(secured_kafka, "webhooks"))
    with pytest.raises(GroupAuthorizationFailedError):
        await consumer.start()
    await consumer.stop()
    producer = AIOKafkaProducer(transactional_id="footprint-streams-footprint.events.v1-0", **as_part(secured_kafka, "sink"))
    with pytest.raises(TransactionalIdAuthorizationFailed):
        await producer.start()
    await producer.stop()


async def test_only_an_operator_makes_topics_and_nobody_deletes_them(secured_kafka):
    async def ask(part, question):
        admin = AIOKafkaAdminClient(**as_part(secured_kafka, part))
        await admin.start()
        try:
            return await question(admin)
        finally:
            await admin.close()

    new = [NewTopic("footprint.more.v1", 1, 1)]
    assert [for_code(code) for _, code, *_ in (await ask("sink", lambda admin: admin.create_topics(new))).topic_errors] == [
        TopicAuthorizationFailedError
    ]
    deleted = await ask("operator", lambda admin: admin.delete_topics([REJECTED.name]))
    assert [for_code(code) for _, code in deleted.topic_error_codes] == [TopicAuthorizationFailedError]


def test_a_store_that_is_not_believed_stops_the_start_and_an_expired_one_is_waited_for(local_clickhouse, authority, strange, passwords):
    told = local_clickhouse.connection("pipeline")
    with TlsFront(local_clickhouse.port, authority.issue("store-1")) as front:
        here = replace(told, url=f"https://127.0.0.1:{front.port}", ca_file=str(authority.file))
        with pytest.raises(Misconfigured, match=r"not believed.*FOOTPRINT_CLICKHOUSE_CA_FILE"):
            StoreClient(replace(here, ca_file=str(strange.file))).rows("SELECT 1")
        with pytest.raises(Misconfigured, match=r"not believed"):
            migrations.check(replace(here, ca_file=str(strange.file)))
        with pytest.raises(Misconfigured, match=r"refuses user 'pipeline'"):
            StoreClient(replace(here, password="wrong")).rows("SELECT 1")
        client = StoreClient(here)
        assert client.rows("SELECT 1") == [(1,)]
        front.show(authority.issue("store-2", expired=True))
        front.hang_up()
        with pytest.raises(Retryable, match="out of its time"):
            client.rows("SELECT 1")
        front.show(strange.issue("store-3"))
        with pytest.raises(Retryable, match="not believed"):
            client.rows("SELECT 1")
        front.show(authority.issue("store-4"))
        assert client.rows("SELECT 1") == [(1,)], "the same client goes on"
        client.close()


def test_a_store_may_ask_for_a_certificate(local_clickhouse, authority):
    shown = authority.issue("footprint_sink")
    with TlsFront(local_clickhouse.port, authority.issue("store-5"), clients=authority.file) as front:
        bare = replace(local_clickhouse.connection("pipeline"), url=f"https://127.0.0.1:{front.port}", ca_file=str(authority.file))
        with pytest.raises((Misconfigured, Retryable), match="certificate"):
            StoreClient(bare).rows("SELECT 1")
        whole = replace(bare, certificate_file=str(shown.certificate), key_file=str(shown.key))
        assert StoreClient(whole).rows("SELECT 1") == [(1,)]
        assert isinstance(migrations.status(whole), list)


def test_a_server_that_does_not_speak_tls_is_named(local_clickhouse, authority):
    told = local_clickhouse.connection("pipeline")
    with pytest.raises(Misconfigured, match="does not speak TLS"):
        StoreClient(replace(told, url=told.url.replace("http:", "https:"), ca_file=str(authority.file))).rows("SELECT 1")


async def test_a_receiver_of_webhooks_is_believed_by_its_authority_and_its_address_stays_out_of_what_is_said(authority):
    with Receiver() as receiver:
        told = receiver.url("/secret-path")
        with TlsFront(int(told.split(":")[2].split("/")[0]), authority.issue("receiver")) as front:
            url = f"https://127.0.0.1:{front.port}/secret-path"
            believing, other = HttpCaller(ca_file=str(authority.file)), HttpCaller()
            try:
                assert (await believing.call(url, b"{}", {})).status == 200
                with pytest.raises(Retryable, match="not believed") as caught:
                    await other.call(url, b"{}", {})
                assert "secret-path" not in str(caught.value)
            finally:
                await believing.stop()
                await other.stop()
