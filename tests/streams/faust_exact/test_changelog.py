"""The state of a partition, loaded from a real state topic."""

import pytest

from streams.core.layout import read
from streams.faust_exact.changelog import MARKER, encode_marker, load
from streams.faust_exact.exits import StateUnreadable
from tests.streams.faust_exact.counting import delivery, hops

pytestmark = pytest.mark.kafka


async def write(broker, line, records, *, partition=1):
    """Write each record in a transaction of its own, and wait until all of them can be read.

    A commit is acknowledged before its marker is in the topic. A producer of the same name starts only when it is, which is why a partition
    starts its producer before it loads.
    """
    async with broker.producer(transactional_id=f"writer-{line.name}") as producer:
        for key, value in records:
            async with producer.transaction():
                await producer.send(line.count_state.name, value, key=key, partition=partition)
    async with broker.producer(transactional_id=f"writer-{line.name}"):
        pass


async def loaded(broker, line, partition=1):
    return await load(delivery(line, broker.bootstrap), hops(line)[0], partition)


async def test_an_empty_topic_is_an_empty_state(broker, line):
    snapshot = await loaded(broker, line)
    assert (snapshot.values, snapshot.marker.offset, snapshot.marker.meta, snapshot.records) == ([], -1, {}, 0)


async def test_the_last_record_of_a_key_wins_and_a_tombstone_removes_it(broker, line):
    await broker.feed(line, 0, 40)
    await write(
        broker,
        line,
        [(b"a", b'{"n":1}'), (b"b", b'{"n":1}'), (b"a", b'{"n":2}'), (b"b", None), (MARKER, encode_marker(0, {"w": 5}))],
    )
    snapshot = await loaded(broker, line)
    assert [(key, read(value)) for key, value in snapshot.values] == [("a", {"n": 2})]
    assert (snapshot.marker.offset, snapshot.marker.meta, snapshot.records) == (0, {"w": 5}, 5)


async def test_only_the_partitions_own_state_is_loaded(broker, line):
    await write(broker, line, [(b"other", b"{}"), (MARKER, encode_marker(-1, {}))], partition=0)
    assert (await loaded(broker, line)).values == []


async def test_what_an_aborted_transaction_left_behind_is_no_state(broker, line):
    async with broker.producer(transactional_id=f"aborts-{line.name}") as producer:
        await producer.begin_transaction()
        await producer.send_and_wait(line.count_state.name, b'{"n":9}', key=b"lost", partition=1)
        await producer.abort_transaction()
    assert (await loaded(broker, line)).values == []


async def test_the_load_starts_at_the_first_record_every_time(broker, line):
    await broker.feed(line, 0, 40)
    await write(broker, line, [(b"%d" % number, b"{}") for number in range(20)] + [(MARKER, encode_marker(0, {}))])
    for _ in range(10):
        assert len((await loaded(broker, line)).values) == 20


async def test_state_without_a_marker_is_refused(broker, line):
    await write(broker, line, [(b"a", b"{}")])
    with pytest.raises(StateUnreadable, match="no marker"):
        await loaded(broker, line)


async def test_state_ahead_of_its_source_is_refused(broker, line):
    await write(broker, line, [(b"a", b"{}"), (MARKER, encode_marker(4000, {}))])
    with pytest.raises(StateUnreadable, match="source topic was created anew"):
        await loaded(broker, line)
