"""Every statement that makes the schema on a cluster is one that the engine reads. It cannot run them: it has no Keeper.

What they do once they run is the business of test_shards.py.
"""

import re

import pytest
from clickhouse_migrations.migrator import Migrator

from schemas.connections import StoreConnection
from sinks.clickhouse.client import Refused
from sinks.clickhouse.migrations import plan
from sinks.clickhouse.schema import numbers

pytestmark = pytest.mark.store

CLUSTER = StoreConnection("http://store:8123", "pipeline", "", "footprint", cluster="shop")
DEFINES = re.compile(r"(CREATE|ALTER|DROP|RENAME|TRUNCATE)\b")
WRITTEN = re.compile(r"CREATE TABLE IF NOT EXISTS (\w+).*ENGINE = (Replicated)?\w*MergeTree\b", re.DOTALL)


def statements():
    """Every statement of every migration as it runs on a cluster, and those of the database over all shards."""
    for number in numbers():
        yield from Migrator.script_to_statements(plan(CLUSTER, number), multi_statement=True)


@pytest.fixture
def read(client):
    """Return a statement as the engine understands it."""
    return lambda statement: client.rows("SELECT formatQuerySingleLine(%(asked)s)", {"asked": statement})[0][0]


def test_the_engine_reads_every_statement_of_a_cluster(read):
    for statement in statements():
        understood = read(statement)
        if DEFINES.match(understood):
            assert re.search(r" ON CLUSTER `?shop`?", understood), understood[:200]


def test_every_table_that_holds_rows_is_replicated_under_a_name_of_its_own():
    held = {found[1]: (found[2], statement) for statement in statements() if (found := WRITTEN.search(statement))}
    assert len(held) > 10
    for name, (replicated, statement) in held.items():
        assert replicated, name
        assert "'/clickhouse/tables/{shard}/{database}/{table}', '{replica}'" in statement


def test_what_the_engine_cannot_read_would_be_found(read):
    with pytest.raises(Refused):
        read("CREATE TABLE x ON CLUSTER ENGINE = ReplicatedMergeTree ORDER BY")
