"""Planned batches."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinks.core.planning import Limits, Plan, Record, complete, decode, encode, halves, part_token, plan_of, take, token

offsets = st.lists(st.integers(0, 10_000), unique=True, min_size=1, max_size=60).map(sorted)


def records(found, size=10):
    return [Record(offset, 1_000 + offset, None, b"x" * size) for offset in found]


@given(st.integers(0, 2**60), st.integers(0, 2**60), st.integers(-1, 2**45))
def test_a_plan_survives_its_way_through_the_offset_metadata(first, last, stamp):
    plan = Plan(first, last, stamp)
    assert decode(first, encode(plan)) == plan


def test_no_metadata_is_no_plan():
    assert encode(None) == ""
    assert decode(5, "") is None


@pytest.mark.parametrize("metadata", ["2 last=5 stamp=1", "1 last=5", "hello", "1 last=x stamp=1"])
def test_metadata_of_another_form_is_not_guessed_at(metadata):
    with pytest.raises(ValueError):
        decode(5, metadata)


@given(offsets, st.integers(1, 30), st.integers(1, 400))
def test_batches_cover_all_records_in_order_and_stay_within_the_limits(found, rows, size):
    left, covered = records(found), []
    limits = Limits(rows=rows, bytes=size)
    while left:
        count = take(left, None, limits=limits, rows=[3] * len(left))
        batch, left = left[:count], left[count:]
        assert count >= 1
        assert count == 1 or (count * 3 <= rows and sum(record.size for record in batch) <= size)
        covered += batch
    assert covered == records(found)


@given(offsets, st.data())
def test_a_committed_plan_takes_exactly_its_records_whatever_else_was_read(found, data):
    stop = data.draw(st.integers(1, len(found)))
    plan = plan_of(records(found)[:stop])
    count = take(records(found), plan, limits=Limits(rows=1, bytes=1), rows=[1] * len(found))
    assert plan_of(records(found)[:count]) == plan


@given(offsets)
def test_a_plan_is_complete_only_once_its_last_offset_was_passed(found):
    plan = plan_of(records(found))
    assert not complete(plan, plan.last)
    assert complete(plan, plan.last + 1)


def test_an_empty_batch_has_no_plan():
    with pytest.raises(ValueError):
        plan_of([])


@given(st.integers(2, 500))
def test_halving_ends_at_single_rows_that_cover_the_range_once(size):
    ranges, singles, seen = [(0, size)], [], set()
    while ranges:
        start, stop = ranges.pop()
        assert (start, stop) not in seen
        seen.add((start, stop))
        if stop - start == 1:
            singles.append(start)
        else:
            ranges += halves(start, stop)
    assert sorted(singles) == list(range(size))


def test_tokens_tell_apart_topics_partitions_ranges_parts_and_topics_made_anew():
    plan = Plan(5, 9, 1_700)
    whole = token("t", 0, plan)
    others = [token("u", 0, plan), token("t", 1, plan), token("t", 0, Plan(5, 8, 1_700)), token("t", 0, Plan(5, 9, 1_701))]
    parts = [part_token(whole, 0, 3), part_token(whole, 0, 4), part_token(whole, 1, 4)]
    assert len({whole, *others, *parts}) == 8
