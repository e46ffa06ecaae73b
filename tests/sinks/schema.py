"""A migrated database for each test: one for all of them, emptied in between, because making the schema takes longer than a test."""

import uuid
from dataclasses import replace

import pytest

from sinks.clickhouse.client import StoreClient
from sinks.clickhouse.migrations import migrate

FILLED = "SELECT DISTINCT table FROM system.parts WHERE database = currentDatabase() AND active AND table != 'schema_versions'"
"""Tables that a test has left something in: few of all."""
OWN = "tally"
"""Tables and views whose name begins so are a test's own and are dropped after it."""


@pytest.fixture(scope="session")
def shared_schema(store):
    """The database of all these tests. Known to every test by `tests/conftest.py`: imported again elsewhere it would be made again."""
    connection = replace(store, database=f"shared_{uuid.uuid4().hex[:12]}")
    migrate(connection)
    yield connection
    client = StoreClient(store)
    client.command(f"DROP DATABASE {connection.database}")
    client.close()


@pytest.fixture
def migrated(shared_schema):
    """A database with the schema and without rows."""
    yield shared_schema
    client = StoreClient(shared_schema)
    for (own,) in client.rows(
        f"SELECT name FROM system.tables WHERE database = currentDatabase() AND name LIKE '{OWN}%' ORDER BY name LIKE '%_view' DESC"
    ):
        client.command(f"DROP TABLE {own} SYNC")
    for (table,) in client.rows(FILLED):
        client.command(f"TRUNCATE TABLE {table}")
    client.close()


@pytest.fixture
def client(migrated):
    """A client of that database."""
    client = StoreClient(migrated)
    yield client
    client.close()
