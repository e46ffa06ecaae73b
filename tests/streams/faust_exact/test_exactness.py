"""Whatever happens to workers, the outputs and the state equal those of the pure fold over the source log."""

import asyncio
from collections import Counter

import orjson
import pytest

from streams.core.layout import read
from tests.streams.faust_exact.conftest import until
from tests.streams.faust_exact.counting import expected

pytestmark = pytest.mark.kafka


async def compare(broker, line, seconds=30):
    """Compare everything on the topics with the pure fold over the source log; what a worker says of its lag may be older than the last records."""
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        try:
            return await equal(broker, line)
        except AssertionError:
            if asyncio.get_running_loop().time() > deadline:
                raise


async def equal(broker, line):
    counts, sums, ids = expected([record.value for record in await broker.read(line.source.name)])
    counted = [orjson.loads(text) for record in await broker.read(line.counted.name) for text in record.value.split(b"\n")]
    assert Counter(event["i"] for event in counted) == Counter(ids)
    assert Counter((event["v"], event["n"]) for event in counted) == Counter((v, n) for v in counts for n in range(1, counts[v] + 1))
    running = [orjson.loads(record.value) for record in await broker.read(line.sums.name)]
    assert Counter(row["i"] for row in running) == Counter(ids)
    assert {row["s"]: row["sum"] for row in running} == sums
    assert await state(broker, line.count_state) == {visitor: {"n": number} for visitor, number in counts.items()}
    assert await state(broker, line.sum_state) == {subject: {"sum": total} for subject, total in sums.items()}


async def state(broker, topic):
    found = {record.key: record.value for record in await broker.read(topic.name)}
    return {key.decode(): read(value) for key, value in found.items() if value is not None and key != b"__marker"}


async def until_async(read, wanted, seconds=20):
    deadline = asyncio.get_running_loop().time() + seconds
    while (found := await read()) != wanted:
        assert asyncio.get_running_loop().time() < deadline, found


async def feed_for(broker, line, seconds):
    """Feed small batches for a while; return the next id."""
    following, deadline = 0, asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < deadline:
        following = await broker.feed(line, following, 25)
    return following


async def test_kill_9_under_load_loses_and_doubles_nothing(broker, line, start):
    feeding = asyncio.create_task(feed_for(broker, line, 8))
    for _ in range(3):
        worker = start()
        await until(lambda worker=worker: worker.status()[0] == 1)
        await asyncio.sleep(0.7)  # not waiting for anything: a time to be killed at
        worker.kill()
    worker = start()
    await feeding
    await until(worker.caught_up)
    await compare(broker, line)


async def test_records_lost_inside_the_process_are_fetched_again(broker, line, start):
    worker = start("--drop", "0.03")
    await broker.feed(line, 0, 150)
    await until(lambda: worker.caught_up() and worker.status()[2] > 0, 60)
    await compare(broker, line)


async def test_two_workers_share_the_partitions_and_one_may_be_killed(broker, line, start):
    feeding = asyncio.create_task(feed_for(broker, line, 10))
    first, second = start("--instance", "one"), start("--instance", "two", output="second.log")
    await until(lambda: first.owned() > 0 and first.owned() + second.owned() == 6)
    first.kill()
    first = start("--instance", "one")
    await feeding
    await until(lambda: first.caught_up() and second.caught_up())
    await compare(broker, line)


async def test_a_clean_stop_publishes_what_was_held_back_and_exits_0(broker, line, start):
    worker = start("--hold-ms", "600000")
    await broker.feed(line, 0, 100)
    await until(worker.caught_up)
    assert await broker.read(line.held.name) == []
    assert worker.stop() == 0
    counts, _, _ = expected([record.value for record in await broker.read(line.source.name)])
    assert {record.key.decode(): orjson.loads(record.value)["n"] for record in await broker.read(line.held.name)} == counts
    worker = start()
    await until(worker.caught_up)
    await compare(broker, line)


async def test_timers_publish_without_a_record(broker, line, start):
    worker = start("--hold-ms", "300")
    await broker.feed(line, 0, 30)
    await until(worker.caught_up)
    counts, _, _ = expected([record.value for record in await broker.read(line.source.name)])

    async def held():
        return {record.key.decode(): orjson.loads(record.value)["n"] for record in await broker.read(line.held.name)}

    await until_async(held, counts)
