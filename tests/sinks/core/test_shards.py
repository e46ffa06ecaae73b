"""Where rows go, and what is made again over all shards."""

from sinks.core.shards import OF_ONE, PICKED, layout_of, of_all, on_shards, over_all

VIEWS = {
    "rows": "SELECT site, visitor_id FROM events_raw FINAL;",
    "counted": "SELECT site, count() FROM rows GROUP BY site;",
    "shown": "SELECT * FROM counted SETTINGS max_threads = 1;",
    "timeline": "SELECT {customer:String} GROUP BY 1;",
    "customer": "SELECT {customer:String};",
}


def made(cluster="shop", database="d"):
    return over_all(layout_of(database, 10, cluster), database, ["events_raw", "quiet"], VIEWS)


def test_one_node_has_no_layer():
    layout = layout_of("d", 10, "")
    assert (layout.home, layout.cluster, layout.placeholders["ON_CLUSTER"]) == ("d", "", "")


def test_a_cluster_keeps_the_schema_in_a_database_of_its_own():
    layout = layout_of("d", 10, "shop")
    assert layout.home == "d_shard"
    assert layout.placeholders["REPL"] == "Replicated"
    assert "{shard}" in layout.placeholders["ZK"]
    assert layout.placeholders["DEDUP"].startswith("replicated_")


def test_what_counts_and_what_reads_what_counts_is_made_again():
    assert of_all(VIEWS) == {"counted", "shown"}
    assert of_all({name: VIEWS[name] for name in (*OF_ONE, *PICKED) if name in VIEWS}) == set()


def test_rows_are_shown_one_shard_after_the_other_and_written_where_they_belong():
    statements = made()
    assert statements[0] == "CREATE DATABASE IF NOT EXISTS `d` ON CLUSTER `shop`"
    assert "CREATE OR REPLACE TABLE `d`.quiet ON CLUSTER `shop` ENGINE = Distributed('shop', 'd_shard', 'quiet')" in statements
    assert any(statement.endswith("Distributed('shop', 'd_shard', 'events_raw', cityHash64(site, actor))") for statement in statements)
    assert "CREATE OR REPLACE TABLE `d`.rows ON CLUSTER `shop` ENGINE = Distributed('shop', 'd_shard', 'rows')" in statements


def test_the_settings_of_a_view_are_kept():
    shown = {statement.split("AS ")[0].split(".")[1].split()[0]: statement for statement in made() if "VIEW" in statement}
    assert shown["counted"].endswith("GROUP BY site SETTINGS distributed_product_mode = 'global'")
    assert shown["shown"].endswith("SETTINGS max_threads = 1, distributed_product_mode = 'global'")


def test_a_question_about_one_customer_goes_to_every_shard():
    shown = {statement.split(".")[1].split()[0]: statement for statement in made() if "VIEW" in statement}
    asked = "SELECT * FROM `d_shard`.timeline(site = {site:String}, customer = {customer:String})"
    assert f"AS SELECT * FROM cluster('shop', view({asked})) ORDER BY event_time" in shown["timeline"]
    assert shown["customer"].endswith("AS SELECT * FROM customers WHERE site = {site:String} AND customer_id = {customer:String}")


def test_what_changes_stored_rows_runs_on_every_shard():
    layout = layout_of("d", 10, "shop")
    assert on_shards(layout, "\nDELETE FROM t\nWHERE 1") == "\nDELETE FROM `d_shard`.t ON CLUSTER `shop`\nWHERE 1"
    assert on_shards(layout, "ALTER TABLE t MODIFY TTL x") == "ALTER TABLE `d_shard`.t ON CLUSTER `shop` MODIFY TTL x"
    for kept in ("INSERT INTO t SELECT 1", "SELECT 'DELETE FROM t'", "DROP TABLE t"):
        assert on_shards(layout, kept) == kept
    assert on_shards(layout_of("d", 10, ""), "DELETE FROM t WHERE 1") == "DELETE FROM t WHERE 1"
