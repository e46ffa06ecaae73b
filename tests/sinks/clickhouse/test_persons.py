"""What is held about a person: found, read out, removed."""

import re

import pytest

from schemas.topics import PUBLIC, STATE
from sinks.clickhouse import persons
from sinks.core.persons import CARRIERS, OTHER_TABLES, TOPICS, Person
from tests.sinks.counting import counted
from tests.sinks.rows import NOW, audited, change, event, identity, insert, membership, rejected, score, session, signal, step

pytestmark = pytest.mark.store

AWKWARD = ["it's", 'a "quoted" one', "back\\slash", "%(site)s", "{x:String}", "Grüße", "a\nb"]
NAMES_SOMEBODY = re.compile(r"visitor|customer|subject|actor|previous|original|payload|traits|who|user|email|session")


@pytest.fixture
def two(client):
    """Anna with two browsers, and Bob, who once used one of them."""
    insert(client, "identities", identity("va", "anna"), identity("vb", "bob"))
    insert(
        client,
        "tracked",
        event("a1", visitor_id="va", ip="192.0.2.0"),
        event("a2", customer_id="anna", kind="email_open"),
        event("a3", visitor_id="va2", customer_id="anna"),
        event("a4", visitor_id="va2"),
        event("b1", visitor_id="vb"),
        event("b2", visitor_id="vb", customer_id="anna"),
        event("x1", visitor_id="va", site="other"),
    )
    insert(client, "sessions", session("sa", visitor_id="va", joined=["a1"], relabelled=True), session("sb", visitor_id="vb"))
    insert(client, "sessions", session("old", visitor_id="va", status="superseded", superseded_by="sa"))
    insert(client, "scores", score("c:anna", 5.0), score("v:va2", 1.0), score("c:bob", 3.0))
    insert(client, "score_changes", change("c:anna", "r", 5.0), change("c:bob", "r", 3.0))
    insert(client, "signals", signal("s1", subject="c:anna"), signal("s2", subject="c:bob"))
    insert(client, "segments", membership("c:anna", "leads"), membership("c:bob", "leads"))
    insert(client, "tasks", step("t1", subject="c:anna", text="called"), step("t2", customer_id="bob"), step("t3", visitor_id="va2"))
    insert(client, "audit", audited("l1", customer_id="anna", who="hash of anna"), audited("l2", customer_id="bob", who="hash of bob"))
    insert(
        client,
        "rejected",
        rejected(original='{"userId": "anna"}'),
        rejected(original='{"userId":"bob", "name": "anna"}', received_at=NOW + 1),
    )
    counted(client)
    return client


def test_a_person_is_the_customer_and_the_visitors_that_are_nobody_elses(two):
    assert persons.find(two, "demo", "anna") == Person("demo", "anna", ("va", "va2"))
    assert persons.find(two, "demo", "bob") == Person("demo", "bob", ("vb",))
    assert persons.find(two, "demo", "nobody") == Person("demo", "nobody")


def test_an_export_holds_every_row_about_a_person_and_none_about_another(two):
    held = persons.held(two, persons.find(two, "demo", "anna"))
    assert sorted(row["event_id"] for row in held["events"]) == ["a1", "a2", "a3", "a4", "b2"]
    assert next(row for row in held["events"] if row["event_id"] == "a1")["ip"] == "192.0.2.0"
    assert sorted(row["session_id"] for row in held["sessions"]) == ["old", "sa"]
    assert sorted(row["subject"] for row in held["scores"]) == ["c:anna", "v:va2"]
    assert [row["original"] for row in held["rejected"]] == ['{"userId": "anna"}']
    assert {name: len(rows) for name, rows in held.items()} == {
        "events": 5,
        "sessions": 2,
        "event_overrides": 1,
        "score_changes": 1,
        "signals": 1,
        "tasks": 2,
        "segments": 1,
        "segment_changes": 1,
        "audit": 1,
        "rejected": 1,
        "scores": 2,
        "identities": 1,
    }


def test_an_erasure_removes_a_person_from_every_table_and_nobody_else(two):
    anna, bob = persons.find(two, "demo", "anna"), persons.find(two, "demo", "bob")
    others = persons.counts(two, bob)
    assert set(persons.counts(two, anna)) == {carrier.table for carrier in CARRIERS}
    persons.erase(two, anna, [carrier.table for carrier in CARRIERS])
    assert persons.counts(two, anna) == {}
    left = persons.counts(two, bob)
    assert {table: others[table] - left.get(table, 0) for table in others if others[table] != left.get(table, 0)} == {
        "events_raw": 2,  # with the correction beside it
        "events_by_time_raw": 1,
    }
    assert two.rows("SELECT customer_id, marked > now64(3) FROM seen_customers WHERE marked > now64(3)") == [("bob", True)]
    assert two.rows("SELECT event_id FROM events ORDER BY event_id") == [("b1",), ("x1",)]
    assert two.rows("SELECT session_id FROM sessions") == [("sb",)]


def test_the_audit_log_tells_after_an_erasure_that_somebody_looked_and_not_at_whom(two):
    persons.erase(two, persons.find(two, "demo", "anna"), ["audit_raw"])
    assert sorted(two.rows("SELECT customer_id, who FROM audit")) == [("", "hash of anna"), ("bob", "hash of bob")]


def test_what_was_erased_is_gone_from_the_disk(two):
    persons.erase(two, persons.find(two, "demo", "anna"), [carrier.table for carrier in CARRIERS])
    for carrier in CARRIERS:
        sql = f"SELECT count() FROM {carrier.table} SETTINGS apply_deleted_mask = 0"
        assert two.rows(sql) == two.rows(f"SELECT count() FROM {carrier.table}"), carrier.table


def test_tombstones_acknowledge_that_the_streams_forgot(two):
    anna = persons.find(two, "demo", "anna")
    assert not persons.acknowledged(two, anna)
    gone = {"is_deleted": 1, "kafka_partition": 0, "kafka_offset": 10_000}
    insert(two, "identities", {"site": "demo", "visitor_id": "va", **gone})
    assert not persons.acknowledged(two, anna)
    insert(two, "scores", *({"site": "demo", "subject": subject, "score": "engagement", **gone} for subject in ("c:anna", "v:va2")))
    assert not persons.acknowledged(two, anna)
    insert(two, "segments", {"site": "demo", "segment": "leads", "subject": "c:anna", **gone})
    assert persons.acknowledged(two, anna)


def test_a_pending_erasure_still_knows_the_visitors_whose_links_are_gone(two):
    anna = persons.find(two, "demo", "anna")
    row = {"site": "demo", "who": "hash", "version": 1, "status": "pending", "requested_at": 1.5, "finished_at": None, "kafka_until": 2.0}
    persons.write_proof(two, {**row, "visitors": list(anna.visitors), "visitor_count": 2, "removed": {}})
    persons.erase(two, anna, [carrier.table for carrier in CARRIERS])
    assert persons.find(two, "demo", "anna", "hash") == anna
    persons.write_proof(
        two, {**row, "version": 2, "status": "done", "finished_at": 3.25, "visitors": [], "visitor_count": 2, "removed": {"events_raw": 5}}
    )
    assert persons.find(two, "demo", "anna", "hash") == Person("demo", "anna")
    assert two.rows("SELECT count(), sum(length(visitors)) FROM erasures_raw") == [(1, 0)]
    assert two.rows("SELECT who, status, visitor_count, removed FROM erasures") == [("hash", "done", 2, {"events_raw": 5})]


@pytest.mark.parametrize("name", AWKWARD)
def test_awkward_ids_are_found_and_removed_and_never_read_as_sql(client, name):
    insert(client, "identities", identity(f"v{name}", name), identity("w", "other"))
    insert(client, "tracked", event("e1", visitor_id=f"v{name}"), event("e2", visitor_id="w"))
    person = persons.find(client, "demo", name)
    assert person.visitors == (f"v{name}",)
    assert [row["event_id"] for row in persons.held(client, person)["events"]] == ["e1"]
    persons.erase(client, person, [carrier.table for carrier in CARRIERS])
    assert client.rows("SELECT event_id FROM events") == [("e2",)]


def test_every_table_is_cleaned_by_an_erasure_or_holds_nobody(client):
    rows = client.rows("SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'")
    handled = {carrier.table for carrier in CARRIERS} | OTHER_TABLES.keys()
    assert {row[0] for row in rows} - handled == set(), "say in sinks/core/persons.py how an erasure handles the table"


def test_nothing_else_keeps_rows(client):
    """No dictionary, no table in memory: what is not a MergeTree table, which an erasure must handle, shows or passes rows on."""
    engines = {row[0] for row in client.rows("SELECT DISTINCT engine FROM system.tables WHERE database = currentDatabase()")}
    assert {engine for engine in engines if not engine.endswith("MergeTree")} == {"MaterializedView", "Null", "View"}


def test_every_column_that_can_name_somebody_is_looked_at(client):
    """A new column of a table must be one that the erasure looks at, or be a fact beside one."""
    looked_at = {
        (carrier.table, column)
        for carrier in CARRIERS
        for column in (*carrier.visitor, *carrier.customer, *carrier.subject, *carrier.text, *carrier.visitor_key, *carrier.customer_key)
    }
    beside = {
        "session_id",
        "session_key",
        "superseded_by",
        "actor",
        "traits",
        "payload",
        "user_agent",
        "email_label",
        "who",
        "visitors",
        "sessions",
    }  # who: a keyed hash; the last two: how many
    for carrier in CARRIERS:
        columns = {row[0] for row in client.rows(f"DESCRIBE TABLE {carrier.table}") if NAMES_SOMEBODY.search(row[0])}
        assert {column for column in columns - beside if (carrier.table, column) not in looked_at} == set(), carrier.table


def test_every_topic_forgets_by_retention_or_by_a_tombstone():
    compacted = {topic.name for topic in PUBLIC if topic.compacted} | {topic.name for topic in STATE}
    assert TOPICS.keys() == {topic.name for topic in (*PUBLIC, *STATE)}
    assert {name for name, handling in TOPICS.items() if handling != "expires"} == compacted
