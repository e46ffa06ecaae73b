"""What every `Store` of the sink promises."""

from dataclasses import replace

import pytest

from schemas.codec import dumps, join_lines
from schemas.errors import Retryable
from sinks.clickhouse.client import StoreClient
from sinks.clickhouse.migrations import migrate
from sinks.clickhouse.store import ClickHouseStore
from sinks.ports import Unstorable
from tests.sinks.rows import event
from tests.support.servers import LocalClickHouse, running

pytestmark = pytest.mark.store
TABLE = "ingest_tracked"


@pytest.fixture
async def target(migrated):
    """A store, and what is in it."""
    store, client = ClickHouseStore(migrated), StoreClient(migrated)
    yield store, lambda: [row[0] for row in client.rows("SELECT event_id FROM events_raw ORDER BY event_id")]
    client.close()
    await store.close()


def lines(*event_ids):
    return join_lines(dumps(event(event_id)) for event_id in event_ids)


async def test_rows_are_there_once_the_insert_returned(target):
    store, stored = target
    await store.insert(TABLE, lines("a", "b"), "t1")
    assert stored() == ["a", "b"]


async def test_the_same_token_stores_its_rows_once(target):
    store, stored = target
    for _ in range(3):
        await store.insert(TABLE, lines("a", "b"), "t1")
    await store.insert(TABLE, lines("a"), "t2")
    assert stored() == ["a", "a", "b"]


async def test_of_a_batch_with_a_row_at_fault_nothing_is_stored_and_its_token_stays_free(target):
    store, stored = target
    with pytest.raises(Unstorable, match="code"):
        await store.insert(TABLE, lines("a") + b'\n{"event_id":"b","props":[1]}\n' + lines("c"), "t1")
    assert stored() == []
    await store.insert(TABLE, lines("a", "c"), "t1")
    assert stored() == ["a", "c"]


async def test_the_reason_of_a_fault_says_nothing_of_the_payload(target):
    store, _ = target
    with pytest.raises(Unstorable) as caught:
        await store.insert(TABLE, b'{"event_id":"b","props":"secret text"}', "t1")
    assert "secret" not in str(caught.value)


async def test_a_missing_table_is_no_fault_of_the_rows(target):
    store, _ = target
    with pytest.raises(Retryable, match="footprint migrate"):
        await store.insert("ingest_unknown", lines("a"), "t1")


async def test_a_store_that_went_away_is_retryable_and_is_found_again(tmp_path):
    with running(LocalClickHouse(tmp_path)) as server:
        connection = replace(server.connection(), database="footprint")
        migrate(connection)
        store = ClickHouseStore(connection)
        await store.insert(TABLE, lines("a"), "t1")
        assert await store.reachable()
        server.kill()
        assert not await store.reachable()
        with pytest.raises(Retryable):
            await store.insert(TABLE, lines("b"), "t2")
        server.start()
        assert await store.reachable()
        for token in ("t1", "t2"):
            await store.insert(TABLE, lines("a" if token == "t1" else "b"), token)
        client = StoreClient(connection)
        assert client.rows("SELECT event_id FROM events_raw ORDER BY event_id") == [("a",), ("b",)]
        client.close()
        await store.close()
