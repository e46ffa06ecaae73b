"""The SQL of users and grants is what ClickHouse reads; the engine here has no users to give them to."""

import re

import pytest

from footprint.deploy import grants
from sinks.clickhouse.client import Refused, StoreClient

pytestmark = pytest.mark.store


@pytest.mark.parametrize("cluster", ["", "shop"])
def test_the_store_can_read_every_statement(local_clickhouse, cluster):
    client = StoreClient(local_clickhouse.connection("pipeline"))
    lines = [line for line in grants.statements("footprint", cluster=cluster) if line and not line.startswith("--")]
    forms = {re.sub(r"(?<=`\.)\w+", "some_table", line) for line in lines}
    assert len(lines) > len(forms) > 10
    for line in forms:
        client.rows(f"EXPLAIN AST {line.rstrip(';').replace(grants.HASH, 'ab' * 32)}")
    with pytest.raises(Refused):
        client.rows("EXPLAIN AST GRANT SELECT TO nobody ON footprint.*")
    client.close()
