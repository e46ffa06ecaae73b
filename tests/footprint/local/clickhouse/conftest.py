"""A database of a test's own on the local ClickHouse, and clients of its two users."""

import uuid

import pytest

from tests.footprint.local.clickhouse.asking import connect


@pytest.fixture
def name(local_clickhouse):
    """A database of the test's own on the local ClickHouse."""
    name = f"http_{uuid.uuid4().hex[:10]}"
    client = connect(local_clickhouse.connection())
    client.command(f"CREATE DATABASE {name}")
    yield name
    client.command(f"DROP DATABASE {name}")
    client.close()


@pytest.fixture
def pipeline(local_clickhouse, name):
    client = connect(local_clickhouse.connection(database=name))
    yield client
    client.close()


@pytest.fixture
def reading(local_clickhouse, name):
    client = connect(local_clickhouse.connection("analyst", database=name))
    yield client
    client.close()
