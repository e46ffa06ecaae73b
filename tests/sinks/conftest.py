"""A migrated database and a client for each test."""

import pytest

from sinks.clickhouse.client import StoreClient
from tests.sinks.servers import LocalStore, fresh_database


@pytest.fixture(scope="session")
def store(tmp_path_factory):
    server = LocalStore(tmp_path_factory.mktemp("store"))
    server.start()
    yield server.connection("pipeline")
    server.stop()


@pytest.fixture
def migrated(store):
    with fresh_database(store) as connection:
        yield connection


@pytest.fixture
def client(migrated):
    client = StoreClient(migrated)
    yield client
    client.close()
