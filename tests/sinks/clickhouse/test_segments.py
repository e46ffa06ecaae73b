"""Who is in a segment, and every entry and exit, whatever order and however often the records come."""

import itertools

import pytest

from sinks.clickhouse.persons import acknowledged, counts, erase
from sinks.core.persons import Person
from tests.sinks.rows import NOW, insert

pytestmark = pytest.mark.store


def record(place, state="in", subject="c:ada", segment="warm", **more):
    customer, visitor = (subject[2:], "") if subject.startswith("c:") else ("", subject[2:])
    fields = {"kafka_partition": 1, "kafka_offset": place, "site": "demo", "segment": segment, "subject": subject, "customer_id": customer}
    return fields | {"visitor_id": visitor, "state": state, "since": NOW + place, "version": "1", "why": [f"because of {place}"]} | more


def gone(place, subject="c:ada"):
    return {"kafka_partition": 1, "kafka_offset": place, "is_deleted": 1, "site": "demo", "segment": "warm", "subject": subject}


def members(client):
    return [tuple(row) for row in client.rows("SELECT segment, subject, why[1] FROM segments ORDER BY segment, subject")]


def test_the_newest_record_says_who_is_in_and_each_change_is_kept_once(client):
    moves = [
        record(1),
        record(2, "out"),
        record(3),
        record(4, subject="v:x"),
        record(5, segment="other"),
        record(6, "out", segment="other"),
    ]
    for number, order in enumerate((moves, moves[::-1])):
        for one in order:
            insert(client, "segments", one, token=f"{number}-{one['kafka_offset']}")
    assert members(client) == [("warm", "c:ada", "because of 3"), ("warm", "v:x", "because of 4")]
    changes = client.rows("SELECT state FROM segment_changes WHERE segment = 'warm' AND customer_id = 'ada' ORDER BY since")
    assert list(itertools.chain(*changes)) == ["in", "out", "in"]


def test_who_is_forgotten_is_gone_once_the_tombstone_has_come(client):
    insert(client, "segments", record(1), record(2, subject="v:x"), record(3, subject="c:bob"), token="1")
    person = Person("demo", "ada", ("x",))
    assert not acknowledged(client, person)
    insert(client, "segments", gone(4), gone(5, "v:x"), token="2")
    assert acknowledged(client, person)
    assert members(client) == [("warm", "c:bob", "because of 3")]
    erase(client, person, ("segments_raw", "segment_changes_raw"))
    assert counts(client, person) == {}
    assert [row[0] for row in client.rows("SELECT subject FROM segment_changes")] == ["c:bob"]
