"""A worker that must not go on ends by itself, with a code that says why, and without writing anything more."""

import asyncio

import orjson
import pytest
from aiokafka.errors import ProducerFenced

from streams.faust_exact.exits import ExitCode
from streams.faust_exact.kafka import TopicPartition, producer_for, reader_for, write_owed_markers
from tests.streams.faust_exact.conftest import until
from tests.streams.faust_exact.counting import PARTITIONS, delivery

pytestmark = pytest.mark.kafka


async def send(broker, line, event):
    async with broker.producer() as producer:
        await producer.send_and_wait(line.source.name, orjson.dumps(event), partition=0)


async def test_a_second_owner_fences_the_first(broker, line):
    first, second = (producer_for(delivery(line, broker.bootstrap), line.source.name, 0) for _ in range(2))
    await first.start()
    await first.begin_transaction()
    await first.send_and_wait(line.counted.name, b"open", partition=0)
    await second.start()
    try:
        with pytest.raises(ProducerFenced):
            await first.commit_transaction()
        assert await broker.read(line.counted.name) == []
    finally:
        await second.stop()
        await first.stop()


async def test_a_worker_whose_partition_was_taken_over_ends_as_fenced(broker, line, start):
    worker = start()
    await until(worker.caught_up)
    other = producer_for(delivery(line, broker.bootstrap), line.source.name, 0)
    await other.start()
    try:
        await send(broker, line, {"i": 1, "v": "v", "s": "s", "x": 1})
        assert await asyncio.to_thread(worker.code) == ExitCode.FENCED
        assert await broker.read(line.counted.name) == []
    finally:
        await other.stop()


async def test_an_agent_that_raises_ends_the_process_and_absorbs_nothing(broker, line, start):
    worker = start()
    await until(worker.caught_up)
    await send(broker, line, {"i": 1, "v": "v", "s": "s", "x": 1, "boom": True})
    assert await asyncio.to_thread(worker.code) == ExitCode.FAILED
    assert "a bug in a core" in worker.text()
    assert await broker.read(line.counted.name) == []


async def test_a_state_record_that_is_too_large_is_named_as_the_reason(broker, line, start):
    worker = start()
    await until(worker.caught_up)
    await send(broker, line, {"i": 1, "v": "v", "s": "s", "x": 1, "big": True})
    assert await asyncio.to_thread(worker.code) == ExitCode.STATE_TOO_LARGE


async def test_a_frozen_worker_ends_when_it_wakes_up(broker, line, start):
    worker = start()
    await until(worker.caught_up)
    worker.freeze()
    await asyncio.sleep(4.5)  # longer than two thirds of the session of 6 s
    worker.thaw()
    assert await asyncio.to_thread(worker.code) == ExitCode.FROZEN


async def test_owed_markers_are_written_without_a_record(broker, line):
    config = delivery(line, broker.bootstrap)
    producer = producer_for(config, line.source.name, 0)
    await producer.start()
    try:
        for _ in range(2):
            await write_owed_markers(producer, [(line.counted.name, number) for number in range(PARTITIONS)])
        reader = reader_for(config.connection)
        await reader.start()
        ends = await reader.end_offsets([TopicPartition(line.counted.name, number) for number in range(PARTITIONS)])
        await reader.stop()
    finally:
        await producer.stop()
    assert set(ends.values()) == {2}
    assert await broker.read(line.counted.name) == []
