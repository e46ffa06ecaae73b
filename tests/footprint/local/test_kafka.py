"""The local Kafka is a real, durable broker."""

import base64
import os
import socket
import subprocess
import uuid
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from hypothesis import given
from hypothesis import strategies as st

from footprint.local import archiving, class_archive
from footprint.local.class_archive import archive_of
from footprint.local.java import java
from footprint.local.kafka import cluster_id, command
from tests.support.servers import LocalKafka, in_own_loop, running

pytestmark = pytest.mark.kafka


async def create(bootstrap, name):
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, 1, 1, topic_configs={"max.message.bytes": "9000000"})])
    finally:
        await admin.close()


async def write(bootstrap, name, values):
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True, max_request_size=9_000_000)
    await producer.start()
    try:
        for value in values:
            await producer.send_and_wait(name, value)
    finally:
        await producer.stop()


async def read(bootstrap, name):
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, max_partition_fetch_bytes=9_000_000)
    await consumer.start()
    try:
        place = TopicPartition(name, 0)
        consumer.assign([place])
        await consumer.seek_to_beginning(place)
        end = (await consumer.end_offsets([place]))[place]
        found = []
        while await consumer.position(place) < end:
            found += [record.value for batch in (await consumer.getmany(timeout_ms=500)).values() for record in batch]
        return found
    finally:
        await consumer.stop()


@given(st.uuids() | st.integers(62 << 122, (63 << 122) - 1).map(lambda number: uuid.UUID(int=number)))
def test_a_cluster_id_is_16_bytes_and_never_looks_like_an_option(number):
    written = cluster_id(number)
    assert len(base64.urlsafe_b64decode(written + "==")) == 16
    assert not written.startswith("-")


def test_what_was_acknowledged_is_there_after_kill_9(tmp_path):
    name = f"kept-{uuid.uuid4().hex[:8]}"
    large = b"x" * (8 * 1024 * 1024)
    with running(LocalKafka(tmp_path / "a folder, with ü")) as server:
        bootstrap = server.connection.bootstrap
        in_own_loop(create, bootstrap, name)
        in_own_loop(write, bootstrap, name, [b"one", b"two", large])
        server.kill()
        server.start()
        assert in_own_loop(read, bootstrap, name) == [b"one", b"two", large]


def test_a_taken_port_is_named_with_the_setting_to_change(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(command(tmp_path, port=port), capture_output=True, text=True)
    assert done.returncode == 1
    assert f"Port {port} for Kafka is taken" in done.stderr
    assert "FOOTPRINT_LOCAL_KAFKA_PORT" in done.stderr


def test_topics_are_never_made_by_accident(kafka):
    name = f"nobody-made-{uuid.uuid4().hex[:8]}"

    async def names():
        admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
        await admin.start()
        try:
            await admin.describe_topics([name])
            return await admin.list_topics()
        finally:
            await admin.close()

    assert name not in in_own_loop(names)


def test_a_kafka_takes_its_classes_from_the_archive_and_is_told_of_none_where_there_is_none(tmp_path, monkeypatch):
    archiving.write()
    archive = str(archive_of(java()))
    with running(LocalKafka(tmp_path / "with")) as server:
        assert archive in Path(f"/proc/{server.process.pid}/maps").read_text()
    monkeypatch.setattr(class_archive, "cache_dir", lambda: tmp_path)
    assert class_archive.shared_classes(java()) == []


def test_an_archive_belongs_to_one_java_and_to_the_locked_jars(tmp_path, monkeypatch):
    program = tmp_path / "java"
    program.write_text("a java")
    first = archive_of(str(program))
    os.utime(program, (1, 1))
    second = archive_of(str(program))
    lock = tmp_path / "lock"
    lock.write_text("other jars")
    monkeypatch.setattr(class_archive, "LOCK_FILE", lock)
    assert len({first, second, archive_of(str(program))}) == 3
