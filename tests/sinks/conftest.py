"""A migrated database and a client for each test."""

import pytest

from sinks.clickhouse.client import StoreClient
from sinks.clickhouse.migrations import migrate


@pytest.fixture
def migrated(database):
    migrate(database)
    return database


@pytest.fixture
def client(migrated):
    client = StoreClient(migrated)
    yield client
    client.close()
