"""The schema and its versions."""

import re

import pytest

from schemas.connections import StoreConnection
from schemas.errors import Misconfigured, Retryable
from sinks.clickhouse.client import StoreClient
from sinks.clickhouse.migrations import DEDUP_WINDOW, FOLDER, check, migrate, newest, status
from sinks.clickhouse.schema import numbers, views

pytestmark = pytest.mark.store

NUMBERS = numbers()


def test_everything_is_applied_once(database):
    assert [(row.number, row.state) for row in status(database)] == [(number, "pending") for number in NUMBERS]
    assert list(migrate(database)) == NUMBERS
    assert list(migrate(database)) == []
    check(database)
    assert {row.state for row in status(database)} == {"applied"}


def test_the_database_is_created_when_it_is_missing(store, database):
    from dataclasses import replace

    other = replace(database, database=f"{database.database}_new")
    try:
        assert list(migrate(other)) == NUMBERS
    finally:
        client = StoreClient(store)
        client.command(f"DROP DATABASE IF EXISTS {other.database}")
        client.close()


def test_an_older_schema_is_told_what_to_run(database):
    with pytest.raises(Misconfigured, match="footprint migrate"):
        check(database)
    check(database, pending=True)


@pytest.fixture
def own(database):
    """A migrated database whose versions a test may spoil."""
    migrate(database)
    client = StoreClient(database)
    yield client
    client.close()


def test_a_newer_schema_is_refused_and_left_alone(database, own):
    own.command("INSERT INTO schema_versions (version, md5, script) VALUES (999, 'x', 'y')")
    for attempt in (migrate, check):
        with pytest.raises(Misconfigured, match="version 999, newer"):
            attempt(database)


def test_a_schema_may_be_brought_up_step_by_step(database):
    assert list(migrate(database, to=2)) == [1, 2]
    assert [row.state for row in status(database)] == ["applied"] * 2 + ["pending"] * (len(NUMBERS) - 2)
    with pytest.raises(Misconfigured, match="footprint migrate"):
        check(database)
    assert list(migrate(database)) == NUMBERS[2:]


def test_a_migration_applied_from_another_file_is_refused(database, own):
    own.command("ALTER TABLE schema_versions UPDATE md5 = 'x' WHERE version = 3 SETTINGS mutations_sync = 2")
    with pytest.raises(Misconfigured, match="Migration 3"):
        migrate(database)


def test_a_store_that_is_away_is_told_as_such():
    with pytest.raises(Retryable):
        migrate(StoreConnection("http://127.0.0.1:9", "pipeline", "x"))


def test_a_wrong_password_is_told_as_such(database):
    from dataclasses import replace

    with pytest.raises(Misconfigured, match="password"):
        migrate(replace(database, password="wrong"))


def test_every_table_that_keeps_rows_of_the_topics_recognises_a_repeated_insert(client):
    rows = client.rows(
        "SELECT name, create_table_query FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree' "
        "AND name NOT IN ('schema_versions', 'rebuild_assignments', 'erasures_raw', 'rollup_marks', 'rollup_days', 'page_daily_raw', 'campaign_daily_raw', 'seen_customers', 'customers_raw')"
    )
    assert len(rows) >= 10
    assert all(f"non_replicated_deduplication_window = {DEDUP_WINDOW}" in query for _, query in rows)


def test_the_files_name_their_place_in_a_cluster():
    for path in FOLDER.glob("*.sql"):
        text = path.read_text("utf-8")
        changing = len(re.findall(r"^(?:CREATE|ALTER|DROP) ", text, re.MULTILINE))
        assert text.count("${ON_CLUSTER}") == changing, path.name
        assert text.count("MergeTree(") == text.count("${REPL}ReplacingMergeTree(${ZK}"), path.name


def test_the_analyst_reads_every_view(migrated, analyst):
    from dataclasses import replace

    reader = StoreClient(replace(analyst, database=migrated.database))
    views = [row[0] for row in reader.rows("SELECT name FROM system.tables WHERE database = currentDatabase() AND engine = 'View'")]
    assert len(views) >= 17
    given = dict.fromkeys(("timeline", "why", "customer"), "(site='demo', customer='C')") | {
        "counted_customers": "(site='demo', customers=[])",
        "counted_campaigns": "(site='demo', day='2026-01-01')",
        "counted_emails": "(site='demo', from='2026-01-01 00:00:00', to='2027-01-01 00:00:00')",
    }
    for view in views:
        assert reader.rows(f"SELECT * FROM {view}{given.get(view, '')}") == []
    reader.close()


def test_no_view_stands_in_a_join_of_another_one():
    """The engine plans such a query twice (docs/decisions/0012)."""
    queries = views(newest())
    beside = re.compile(r"\bJOIN\s+(?:\((?:(?!\bON\b).)*?\bFROM\s+)?(\w+)", re.DOTALL)
    joined = {name: set(beside.findall(query)) & set(queries) for name, query in queries.items()}
    assert {name for name, found in joined.items() if found} == set()


def test_no_migration_alters_what_a_materialized_view_selects():
    """Until the next restart of the store the tokens of its inserts would be other ones than after it: a batch sent again counts twice.

    Drop the view and make it again, with the sink stopped.
    """
    altered = [path.name for path in FOLDER.glob("*.sql") if "MODIFY QUERY" in path.read_text()]
    assert altered == []
