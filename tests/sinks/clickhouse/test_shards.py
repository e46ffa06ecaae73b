"""A store of several shards shows what one node shows."""

import uuid
from contextlib import closing
from dataclasses import replace

import pytest

from footprint.local.ports import free_port
from footprint.rebuild import rebuild_sessions
from sinks.clickhouse import layouts
from sinks.clickhouse.client import StoreClient
from sinks.clickhouse.customers import COUNT, correct
from sinks.clickhouse.migrations import DEDUP_WINDOW, migrate, newest, plan, status
from sinks.clickhouse.persons import counts, erase, find
from sinks.clickhouse.retention import Retention, keep
from sinks.clickhouse.rollups import refresh
from sinks.clickhouse.schema import numbers, views
from sinks.core.shards import OF_ONE, PICKED, sharded, single
from tests.sinks.clickhouse.sharding import DAY, PEOPLE, deal, fill, rows, two_shards
from tests.sinks.counting import counted as count_everybody
from tests.sinks.rows import NOW
from tests.sinks.schema import FILLED
from tests.support.servers import LocalClickHouse, running

pytestmark = pytest.mark.store

ASKED = dict.fromkeys([*OF_ONE, *PICKED], "(site='demo', customer='c1')") | {
    "counted_customers": "(site='demo', customers=['c0', 'c1', 'c2'])",
    "counted_campaigns": f"(site='demo', day=toDate({NOW // 1000}, 'UTC'))",
    "counted_emails": f"(site='demo', from=toDateTime({NOW // 1000 - 9}, 'UTC'), to=toDateTime({NOW // 1000 + 9}, 'UTC'))",
}
CLUSTER = """
<tcp_port>{port}</tcp_port>
<remote_servers><shop><shard><internal_replication>true</internal_replication>
<replica><host>127.0.0.1</host><port>{port}</port></replica></shard></shop></remote_servers>
"""


def said(client, view):
    """The rows of a view, in its own order where it has one. When a day was marked is another time everywhere."""
    asked = f"SELECT {'site, day' if view == 'rollup_states' else '*'} FROM {view}{ASKED.get(view, '')}"
    if view not in OF_ONE:
        asked += " ORDER BY ALL"
    return client.rows(asked)


@pytest.fixture(scope="module")
def laid(store, shared_schema):
    """The same rows on one node and on two shards."""
    names = [f"shards_{uuid.uuid4().hex[:10]}_{name}" for name in ("first", "second", "over")]
    alone, over = StoreClient(shared_schema), two_shards(store, names)
    given = rows()
    fill(alone, given)
    deal(alone, names[:2], given)
    count_everybody(alone)
    actors = [*(f"v{person}" for person in PEOPLE), "c0", "c1", "c2"]
    correct(alone, "demo", actors)
    for name in names[:2]:
        with closing(StoreClient(replace(store, database=name))) as shard:
            correct(shard, "demo", actors)
    over.command(COUNT.replace("INTO ", f"INTO {names[0]}."), {"site": "demo", "customers": ["c0", "c1", "c2"]})
    yield alone, over
    for name in reversed(names):
        alone.command(f"DROP DATABASE IF EXISTS {name}")
    for (table,) in alone.rows(FILLED):
        alone.command(f"TRUNCATE TABLE {table}")
    for client in (alone, over):
        client.close()


@pytest.mark.parametrize("view", views(newest()))
def test_two_shards_show_what_one_node_shows(laid, view):
    alone, over = laid
    shown = said(over, view)
    assert shown == said(alone, view)
    assert shown or view == "erasures"


def test_both_shards_hold_rows(laid):
    _, over = laid
    for table in ("events_raw", "sessions_raw", "scores_raw"):
        assert len(over.rows(f"SELECT _database, count() FROM {table} GROUP BY ALL")) == 2, table


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A store that calls itself a cluster of one shard: the engine then runs Distributed tables by itself."""
    server = LocalClickHouse(tmp_path_factory.mktemp("cluster"))
    folder = server.folder / "clickhouse"
    folder.mkdir(mode=0o700)
    (folder / "more.xml").write_text(CLUSTER.format(port=free_port()))
    with running(server):
        yield replace(server.connection(), database="footprint", cluster="shop")


@pytest.fixture
def without_keeper(monkeypatch):
    """The engine has no Keeper: nothing replicates, and no statement runs ON CLUSTER."""

    def layout(connection):
        placeholders = single(connection.database, DEDUP_WINDOW).placeholders
        return replace(sharded(connection.database, DEDUP_WINDOW, connection.cluster), placeholders=placeholders)

    monkeypatch.setattr(layouts, "layout", layout)


@pytest.mark.usefixtures("without_keeper")
def test_the_migrations_run_on_a_cluster_and_an_insert_counts_once(cluster):
    assert list(migrate(cluster)) == numbers()
    assert list(migrate(cluster)) == []
    assert {row.state for row in status(cluster)} == {"applied"}
    client = StoreClient(cluster)
    given = rows()
    for _ in range(2):
        fill(client, given)
    counted = client.rows(
        "SELECT (SELECT count() FROM events), (SELECT count() FROM events_raw), (SELECT count() FROM footprint_shard.events_raw)"
    )
    assert counted == [(sum("control" not in line for line in given["tracked"]),) * 3]
    assert client.rows("SELECT engine FROM system.tables WHERE database = 'footprint' AND name = 'events_raw'") == [("Distributed",)]
    count_everybody(client)
    for view in views(newest()):
        assert said(client, view) or view == "erasures", view
    shown = said(client, "page_daily")
    assert refresh(client, settle_s=0) >= 2
    assert said(client, "page_daily") == shown
    assert len(keep(client, Retention())) == 10
    assert keep(client, Retention()) == []
    everybody = [f"v{person}" for person in PEOPLE]
    assert rebuild_sessions(cluster, "demo", everybody, NOW + 9 * DAY, 1_800_000).sessions_written > 0
    again = rebuild_sessions(cluster, "demo", everybody, NOW + 10 * DAY, 1_800_000)
    assert (again.visitors, again.sessions_written, again.events_moved) == (len(everybody), 0, 0)
    person = find(client, "demo", "c1")
    erase(client, person, list(counts(client, person)))
    assert counts(client, person) == {}
    assert said(client, "page_daily") != shown
    client.close()


def test_the_plan_names_the_cluster(cluster):
    made = plan(replace(cluster, database="planned"), newest())
    assert "ON CLUSTER `shop`" in made
    assert "CREATE DATABASE IF NOT EXISTS `planned` ON CLUSTER `shop`;" in made
    assert (
        "CREATE OR REPLACE TABLE `planned`.ingest_tracked ON CLUSTER `shop` ENGINE = Distributed('shop', 'planned_shard', 'ingest_tracked', cityHash64("
        in made
    )
    first = plan(cluster, 1)
    assert (
        "ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version, is_deleted)" in first
    )
    assert f"replicated_deduplication_window = {DEDUP_WINDOW}" in first
    assert "${" not in first + made
