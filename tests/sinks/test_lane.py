"""One partition on its way into the store."""

from hypothesis import given
from hypothesis import strategies as st

from schemas.topics import TRACKED
from sinks.core.feeds import FEEDS
from sinks.core.planning import Limits, Record
from sinks.lane import Lane
from sinks.ports import Partition, Place

FEED = next(feed for feed in FEEDS if feed.topic == TRACKED)
line = st.sampled_from([b'{"event_id":"a"}', b'{"event_id":"b"}', b""])


def lane(values):
    made = Lane(Partition(TRACKED.name, 0), object(), FEED, known=True)
    made.add([Record(offset, 1_000 + offset, None, value) for offset, value in enumerate(values)], now=0.0)
    return made


@given(st.lists(st.lists(line, max_size=4), max_size=6).map(lambda found: [b"\n".join(lines) for lines in found]))
def test_the_lines_of_an_insert_are_its_rows_whatever_stands_between_them(values):
    made = lane(values)
    batch = made.cut(1.0, limits=Limits(), place=None)
    rows = [(row, 1_000 + offset) for offset, value in enumerate(values) for row in value.split(b"\n") if row]
    assert (batch.rows if batch else []) == rows
    assert [row for row in (batch.lines if batch else b"").split(b"\n") if row] == [row for row, _ in rows]
    assert not batch or batch.count >= len(rows)


@given(st.lists(st.lists(line, min_size=1, max_size=4), min_size=1, max_size=9), st.integers(1, 8))
def test_what_waits_is_counted_however_it_is_cut(values, rows):
    made, batches = lane([b"\n".join(lines) for lines in values]), []
    while batch := made.cut(1.0, limits=Limits(rows=rows, gather_s=0.0), place=None):
        batches += batch.read
        made.finish(batch)
    assert (made.rows, made.size, len(batches)) == (0, 0, len(values))


def test_more_is_waited_for_while_more_is_known_to_stand_in_kafka_but_not_for_long():
    made, limits = lane([b"{}"]), Limits(gather_s=0.4, behind_s=1.0)
    behind, caught_up = Place(1, 9, 0), Place(1, 1, 0)
    assert made.cut(0.3, limits=limits, place=caught_up) is None
    assert made.cut(0.9, limits=limits, place=behind) is None
    assert made.cut(1.0, limits=limits, place=behind) is not None
    assert lane([b"{}"]).cut(0.4, limits=limits, place=caught_up) is not None


def test_who_is_behind_waits_anew_after_an_insert_that_took_long_and_who_has_caught_up_does_not():
    behind, caught_up = Place(1, 9, 0), Place(1, 1, 0)
    for place, waits in ((behind, True), (caught_up, False)):
        made = lane([b"{}", b"{}"])
        made.finish(made.cut(1.0, limits=Limits(rows=1), place=None))
        assert (made.cut(5.0, limits=Limits(), place=place) is None) == waits
        assert waits == (made.cut(6.0, limits=Limits(), place=behind) is not None)


def test_a_full_batch_waits_for_nothing():
    assert lane([b"{}"] * 9).cut(0.0, limits=Limits(rows=9), place=Place(9, 99, 0)).count == 9
