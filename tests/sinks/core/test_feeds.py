"""Topics and the rows they become."""

from hypothesis import given
from hypothesis import strategies as st

from schemas.codec import dumps, join_lines, key_partition, loads
from schemas.topics import EVENTS, MODELS, PREFERENCES, PROFILE_FACTS, PROFILES, PUBLIC, SEGMENT_DEFINITIONS
from sinks.core.feeds import FEEDS, feeds_of, identity_key, score_key, segment_key
from sinks.core.planning import Record

BY_TABLE = {feed.table: feed for feed in FEEDS}
name = st.text(st.characters(blacklist_characters=":", blacklist_categories=["Cs"]), min_size=1)
subject = st.text(st.characters(blacklist_categories=["Cs"]), min_size=1)


def rows(table, value, key=None):
    return [bytes(row) for row in BY_TABLE[table].rows(3, Record(17, 1_000, key, value))]


def test_every_public_topic_that_says_more_than_another_is_stored_in_a_table_of_its_own():
    told_elsewhere = {EVENTS, MODELS, PREFERENCES, PROFILE_FACTS, PROFILES, SEGMENT_DEFINITIONS}  # what customers chose is among the events
    assert {feed.topic for feed in FEEDS} == set(PUBLIC) - told_elsewhere
    assert len(BY_TABLE) == len(FEEDS)


def test_lines_of_a_joined_record_go_as_they_are():
    lines = [dumps({"event_id": str(number)}) for number in range(3)]
    assert rows("ingest_tracked", join_lines(lines)) == lines
    assert rows("ingest_tracked", lines[0] + b"\n") == lines[:1]


@given(st.dictionaries(st.text(st.characters(blacklist_categories=["Cs"])), st.integers(-5, 5), min_size=1))
def test_a_single_value_gets_its_place_in_the_topic_and_keeps_its_fields(value):
    (row,) = rows("ingest_sessions", dumps(value))
    assert loads(row) == {"kafka_partition": 3, "kafka_offset": 17, **value}


def test_what_is_no_object_goes_as_it_is_and_is_for_the_store_to_refuse():
    assert rows("ingest_signals", b"[1]") == [b"[1]"]


@given(name, subject, name)
def test_the_key_of_a_score_is_read_back_whatever_the_subject_holds(site, who, score):
    assert score_key(f"{site}:{who}:{score}") == {"site": site, "subject": who, "score": score}


@given(name, subject)
def test_the_key_of_an_identity_is_read_back_whatever_the_visitor_holds(site, visitor):
    assert identity_key(f"{site}:{visitor}") == {"site": site, "visitor_id": visitor}


def test_a_tombstone_becomes_a_row_that_deletes():
    (row,) = rows("ingest_scores", None, b"demo:v:a:b:engagement")
    assert loads(row) == {
        "kafka_partition": 3,
        "kafka_offset": 17,
        "is_deleted": 1,
        "site": "demo",
        "subject": "v:a:b",
        "score": "engagement",
    }
    (row,) = rows("ingest_identities", None, b"demo:a:b")
    assert loads(row)["visitor_id"] == "a:b"


def test_a_record_without_value_says_nothing_where_nothing_can_be_deleted():
    assert rows("ingest_sessions", None, b"demo:v") == []
    assert rows("ingest_scores", None, b"nonsense") == []
    assert rows("ingest_scores", None) == []


@given(st.integers(1, 1024), st.integers(1, 1024), st.integers(0, 2**39), st.integers(0, 2**39))
def test_rows_of_a_topic_with_more_partitions_are_newer_whatever_their_offsets(few, more, before, after):
    few, more = sorted((few, few + more))
    places = [place_of(few, Record(before, 1, b"a:b:c", b'{"v":1}')), place_of(more, Record(after, 1, b"a:b:c", None))]
    assert places[0] < places[1] < 2**63
    assert place_of(few, Record(before + 1, 1, b"a:b:c", b'{"v":1}')) == places[0] + 1


@given(st.integers(2, 64), st.binary(min_size=1))
def test_what_a_compacted_topic_still_holds_where_a_key_was_before_says_nothing(partitions, key):
    record = Record(17, 1, b"a:b:c" + key, b'{"v":1}')
    said = [number for number in range(partitions) if scores_of(partitions).rows(number, record)]
    assert said == [key_partition(record.key, partitions)]
    assert all(scores_of(0).rows(number, record) for number in range(partitions))
    changes = next(feed for feed in feeds_of(partitions) if feed.table == "ingest_score_changes")
    assert all(changes.rows(number, record) for number in range(partitions))  # one of a topic that expires stays where it was written


def scores_of(partitions):
    return next(feed for feed in feeds_of(partitions) if feed.table == "ingest_scores")


def place_of(partitions, record):
    (row,) = scores_of(partitions).rows(key_partition(record.key, partitions), record)
    return loads(row)["kafka_offset"]


@given(name, name, subject)
def test_the_key_of_a_segments_tombstone_names_its_row(site, segment, who):
    assert segment_key(f"{site}:{segment}:{who}") == {"site": site, "segment": segment, "subject": who}
    assert segment_key(f"{site}:{segment}") is None
