"""From JSON lines to tables: lenient, total, and once."""

import pytest

from schemas.codec import dumps, join_lines
from sinks.clickhouse.client import RowFault
from tests.sinks.rows import NOW, change, event, identity, insert, rejected, score, session, signal

pytestmark = pytest.mark.store

RAW = {
    "tracked": ("events_raw", "events_by_time_raw", "notable_events_raw"),
    "sessions": ("sessions_raw", "sessions_by_time_raw", "session_overrides", "event_overrides", "session_labels"),
    "scores": ("scores_raw",),
    "score_changes": ("score_changes_raw",),
    "signals": ("signals_raw",),
    "identities": ("identities_raw",),
    "rejected": ("rejected_raw",),
}


def one_of_each():
    return {
        "tracked": [event("e1", visitor_id="v", customer_id="C", kind="purchase")],
        "sessions": [session("a", status="superseded", superseded_by="b"), session("b", joined=["e1"], relabelled=True)],
        "scores": [score("c:C", 5.0)],
        "score_changes": [change("c:C", "r", 5.0)],
        "signals": [signal("s")],
        "identities": [identity("v", "C")],
        "rejected": [rejected()],
    }


def counts(client):
    return {table: client.rows(f"SELECT count() FROM {table}")[0][0] for tables in RAW.values() for table in tables}


def test_a_batch_that_is_inserted_again_under_its_token_is_stored_once_in_every_table(client):
    rows = one_of_each()
    for _ in range(3):
        for table, found in rows.items():
            insert(client, table, *found, token=f"{table}-0-0-1-5")
    assert counts(client) == dict.fromkeys(counts(client), 1) | {"sessions_raw": 2, "sessions_by_time_raw": 2}


def test_other_rows_of_the_same_topic_are_stored_under_another_token(client):
    rows = one_of_each()
    for token in ("1", "2"):
        for table, found in rows.items():
            insert(client, table, *found, token=token)
    assert set(counts(client).values()) == {2, 4}


def test_blank_lines_between_rows_say_nothing_and_copies_within_one_insert_are_one_event(client):
    first, copy = event("e1", received_at=NOW), event("e1", received_at=NOW + 5, name="later")
    client.insert("ingest_tracked", b"\n\n".join([dumps(copy), dumps(first) + b"\n", dumps(event("e2"))]), "t")
    assert client.rows("SELECT event_id, name FROM events ORDER BY event_id") == [("e1", ""), ("e2", "")]
    assert client.rows("SELECT count() FROM events_by_time") == [(2,)]


def test_a_batch_over_many_months_is_stored_once(client):
    months = [event(f"e{number}", event_time=631_152_000_000 + number * 2_700_000_000) for number in range(130)]
    for _ in range(2):
        insert(client, "tracked", *months, token="t")
    assert client.rows("SELECT count(), uniqExact(toYYYYMM(event_time)) FROM events_raw")[0][0] == 130


def test_control_lines_are_no_events(client):
    insert(client, "tracked", event("e1"), {"control": "handover", "site": "demo", "event_id": "e2", "kind": "custom", "state": {"a": [1]}})
    assert client.rows("SELECT event_id FROM events") == [("e1",)]


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ({"engaged_ms": -5}, ("engaged_ms", 0)),
        ({"engaged_ms": 1e12}, ("engaged_ms", 4_294_967_295)),
        ({"screen_width": 390.5}, ("screen_width", 390)),
        ({"screen_width": 70_000}, ("screen_width", 65_535)),
        ({"scroll_pct": 900}, ("scroll_pct", 100)),
        ({"title": None}, ("title", "")),
        ({"traffic": None}, ("traffic", "human")),
        ({"event_time": 1e300}, ("toUnixTimestamp64Milli(event_time)", 4_102_444_800_000)),
        ({"event_time": -1}, ("toUnixTimestamp64Milli(event_time)", 0)),
        ({"created_at": None}, ("created_at", None)),
        ({"created_at": NOW + 1}, ("toUnixTimestamp64Milli(created_at)", NOW + 1)),
        ({"event_time": NOW + 7}, ("toUnixTimestamp64Milli(event_time)", NOW + 7)),
        ({"name": "Grüße \U0001f44b\u0000"}, ("name", "Grüße \U0001f44b\u0000")),
    ],
)
def test_a_value_out_of_its_range_is_clamped_and_never_stops_a_batch(client, sent, stored):
    insert(client, "tracked", event("e1") | sent)
    column, value = stored
    assert client.rows(f"SELECT {column} FROM events") == [(value,)]


def test_properties_keep_their_values_and_unknown_fields_are_skipped(client):
    props = {"when": "2024-01-01T00:00:00Z", "day": "2024-01-02", "big": 12345678901234567890, "list": [1, "a"], "deep": {"a": {"b": 1.5}}}
    insert(client, "tracked", event("e1", props=props) | {"of_a_later_version": {"x": 1}})
    assert client.text("SELECT props FROM events", "JSONEachRow") == dumps({"props": dict(sorted(props.items()))}) + b"\n"


@pytest.mark.parametrize("props", [{"a": {"b": 1}, "a.b": 2}, {"": 1}, {"a": None}, {"x" * 300: 1}, {str(n): n for n in range(1000)}])
def test_odd_names_in_properties_are_stored(client, props):
    insert(client, "tracked", event("e1") | {"props": props})
    assert client.rows("SELECT count() FROM events") == [(1,)]


@pytest.mark.parametrize(
    "row",
    [
        b'{"event_id":1,',
        b'{"event_time":"abc"}',
        b'{"props":[1]}',
        b'{"props":"x"}',
        b"[1]",
        b"\xff",
        b'{"traffic_reasons":"x"}',
        b'{"historical":"maybe"}',
        b'{"event_id":"x"} trailing',
        b'{"props":' + b'{"a":' * 2000 + b"1" + b"}" * 2001,
    ],
)
def test_a_row_at_fault_is_told_apart_from_a_store_at_fault_and_nothing_of_its_batch_is_stored(client, row):
    good = dumps(event("good"))
    with pytest.raises(RowFault):
        client.insert("ingest_tracked", join_lines([good, row, good]), "t")
    assert client.rows("SELECT count() FROM events_raw") == [(0,)]


def test_a_score_is_deleted_by_its_tombstone_and_comes_back_with_a_later_record(client):
    insert(client, "scores", score("v:v", 5.0))
    insert(client, "scores", score("v:v", 6.0) | {"is_deleted": 1})
    assert client.rows("SELECT count() FROM scores") == [(0,)]
    insert(client, "scores", score("v:v", 7.0))
    assert client.rows("SELECT count() FROM scores") == [(1,)]


def test_a_link_is_deleted_by_its_tombstone(client):
    insert(client, "identities", identity("v", "C"))
    insert(client, "identities", identity("v", "C") | {"is_deleted": 1})
    assert client.rows("SELECT count() FROM identities") == [(0,)]


def test_equal_rejected_records_count_each_but_the_sinks_own_repeat_collapses(client):
    insert(client, "rejected", rejected(), rejected())
    assert client.rows("SELECT count() FROM rejected") == [(2,)]
    insert(client, "rejected", rejected(stage="sink"), rejected(stage="sink"))
    assert client.rows("SELECT count() FROM rejected WHERE stage = 'sink'") == [(1,)]
