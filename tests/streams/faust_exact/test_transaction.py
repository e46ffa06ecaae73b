"""What a transaction writes, before any broker is asked."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.codec import key_partition
from schemas.topics import MAX_RECORD_BYTES
from streams.core.planning import StateTooLarge, join
from streams.faust_exact.changelog import MARKER, decode_marker
from streams.faust_exact.exits import StateUnreadable
from streams.faust_exact.kafka import TopicPartition
from streams.faust_exact.partition import Partition
from streams.faust_exact.transaction import plan, writes
from tests.streams.faust_exact.counting import PARTITIONS, Line, hops

LINE = Line("planned")


def partition():
    hop = hops(LINE)[0]
    return Partition(hop, TopicPartition(hop.source.name, 2))


def planned(part, work):
    return plan(part, work, marker=7, partitions=PARTITIONS)


@given(st.lists(st.binary(min_size=1, max_size=30), max_size=30), st.integers(1, 60))
def test_joined_lines_are_all_there_in_order_and_no_record_is_too_large(lines, limit):
    lines = [line.replace(b"\n", b" ") for line in lines]
    records = list(join(lines, limit))
    assert [line for record in records for line in record.split(b"\n")] == lines
    assert all(len(record) <= limit or b"\n" not in record for record in records)


def test_few_lines_are_one_record():
    assert list(join([b"a", b"b", b"c"])) == [b"a\nb\nc"]
    assert MAX_RECORD_BYTES == 256 * 1024


def test_every_plan_ends_with_the_marker_in_the_partitions_own_state():
    part = partition()
    work = part.work()
    work.meta["seen"] = 3
    part.state.put("a", {"n": 1})
    records = planned(part, work)[LINE.count_state.name, 2]
    assert [key for key, _, _ in records] == [b"a", MARKER]
    assert decode_marker(records[-1][1]).offset == 7
    assert decode_marker(records[-1][1]).meta == {"seen": 3}


def test_a_deleted_key_is_a_tombstone():
    part = partition()
    work = part.work()
    part.state.delete("gone")
    assert planned(part, work)[LINE.count_state.name, 2][0][:2] == (b"gone", None)


def test_lines_say_which_partition_they_come_from_and_how_far_it_is():
    part = partition()
    work = part.work()
    work.meta["last"] = 99
    work.out.write_line(LINE.counted, 1, {"x": 1})
    ((_, value, headers),) = planned(part, work)[LINE.counted.name, 1]
    assert orjson.loads(value) == {"x": 1}
    assert headers == [("from", b"count/2"), ("wm", b"99")]


def test_a_record_with_a_key_goes_where_the_key_says():
    part = partition()
    work = part.work()
    work.out.write(LINE.sums, "s1", {"sum": 1})
    assert (LINE.sums.name, key_partition(b"s1", PARTITIONS)) in planned(part, work)


def test_work_that_changed_nothing_writes_nothing():
    part = partition()
    assert not writes(part, part.work())
    part.state.delete("gone")
    assert writes(part, part.work())


def test_a_state_record_that_no_topic_takes_is_named_as_the_reason():
    part = partition()
    work = part.work()
    part.state.put("big", {"x": "y" * 9_000_000})
    with pytest.raises(StateTooLarge):
        planned(part, work)


def test_a_marker_of_another_version_is_refused():
    with pytest.raises(StateUnreadable):
        decode_marker(b'{"version":2,"offset":1,"meta":{}}')
