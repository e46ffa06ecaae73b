"""A store of several shards: where rows go, and what shows them all.

Every shard holds the whole schema in a database of its own, made by the same migrations. What a browser did is on one
shard, with its sessions, corrections and links, so the views of a shard resolve its rows alone. Over the shards stands
the database that everybody uses, with the same names: rows of each shard one after the other, and aggregates of all.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

ACTOR = "cityHash64(site, actor)"
VISITOR = "cityHash64(site, visitor_id)"
SUBJECT = "cityHash64(site, subject)"

ROUTES = {
    "ingest_tracked": "cityHash64(site, if(visitor_id != '', visitor_id, customer_id))",
    "events_raw": ACTOR,
    "ingest_sessions": VISITOR,
    "ingest_identities": VISITOR,
    "rebuild_marks": "cityHash64(site, if(visitor_id != '', visitor_id, customer_id))",
    "ingest_scores": SUBJECT,
    "ingest_score_changes": SUBJECT,
    "ingest_segments": SUBJECT,
    "ingest_signals": "cityHash64(site, signal_id)",
    "ingest_rejected": "cityHash64(site, reason, event_id, message, original)",
    "ingest_tasks": "cityHash64(site, task_id)",
    "ingest_deliveries": "cityHash64(site, address)",
    "ingest_audit": "cityHash64(site, entry_id)",
    "customers_raw": "cityHash64(site, customer_id)",
    "seen_customers": ACTOR,
    "erasures_raw": "cityHash64(site, who)",
    "rebuild_assignments": "cityHash64(visitor_id)",
    "rollup_marks": "cityHash64(site, day)",
    "rollup_days": "cityHash64(site, day)",
    "page_daily_raw": "cityHash64(site, day)",
    "campaign_daily_raw": "cityHash64(site, day)",
}
"""The shard of a row, for each table that is written over all shards. Copies and corrections of a row have the row's shard."""

OF_ONE = {"timeline": "event_time, pageview_id, seq, event_id", "why": "score, changes = 0, abs(points) DESC, rule"}
"""Views with the parameters `site` and `customer`, and the order of their rows: each shard answers for what it has."""

PICKED = {"customer": "customers"}
"""Views with these parameters that are one row of another view."""

CHANGES = re.compile(r"\s*(?:ALTER TABLE|DELETE FROM|OPTIMIZE TABLE|TRUNCATE TABLE) (\w+)\b")
AGGREGATES = re.compile(r"\bGROUP BY\b")
WORD = re.compile(r"\w+")
SETTINGS = re.compile(r"\bSETTINGS\b[^()]*\Z")
GLOBAL = "distributed_product_mode = 'global'"
PARAMETERS = "site = {site:String}, customer = {customer:String}"


@dataclass(frozen=True, slots=True)
class Layout:
    """How the schema lies in a store.

    `home` is the database of the migrations, `placeholders` what `${NAME}` stands for in them; `cluster` is empty for
    one node.
    """

    home: str
    placeholders: Mapping[str, str] = field(hash=False)
    cluster: str = ""


def single(database: str, window: int) -> Layout:
    """Return the layout of one node, whose tables remember `window` inserts."""
    return Layout(database, {"ON_CLUSTER": "", "REPL": "", "ZK": "", "DEDUP": f"non_replicated_deduplication_window = {window}"})


def sharded(database: str, window: int, cluster: str) -> Layout:
    """Return the layout of a cluster, whose servers have the macros `shard` and `replica`."""
    return Layout(
        f"{database}_shard",
        {
            "ON_CLUSTER": f"ON CLUSTER `{cluster}`",
            "REPL": "Replicated",
            "ZK": "'/clickhouse/tables/{shard}/{database}/{table}', '{replica}', ",
            "DEDUP": f"replicated_deduplication_window = {window}",
        },
        cluster,
    )


def layout_of(database: str, window: int, cluster: str) -> Layout:
    """Return the layout of the store that is one node where `cluster` is empty."""
    return sharded(database, window, cluster) if cluster else single(database, window)


def of_all(views: Mapping[str, str]) -> frozenset[str]:
    """Return the views that count what may lie on several shards, or read one that does: they are made again over the rows of all."""
    found: set[str] = set()
    for name, query in views.items():
        if name not in OF_ONE and name not in PICKED and (AGGREGATES.search(query) or found.intersection(WORD.findall(query))):
            found.add(name)
    return frozenset(found)


def over_all(layout: Layout, database: str, tables: Iterable[str], views: Mapping[str, str]) -> list[str]:
    """Return the statements that make the database over all shards; running them again changes nothing.

    `views` are the names of the schema's views with the query of each, in the order in which they build on one another.
    """
    ddl = layout.placeholders["ON_CLUSTER"]
    counting = of_all(views)
    rows = [*tables, *(name for name in views if name not in counting and name not in OF_ONE and name not in PICKED)]
    made = [f"CREATE DATABASE IF NOT EXISTS `{database}` {ddl}"]
    made += [f"CREATE OR REPLACE TABLE `{database}`.{name} {ddl} ENGINE = {_rows_of(layout, name)}" for name in rows]
    for name in (name for name in views if name not in rows):
        shown = _globally(views[name]) if name in counting else _asked(layout, name)
        made.append(f"CREATE OR REPLACE VIEW `{database}`.{name} {ddl} AS {shown}")
    return made


def on_shards(layout: Layout, statement: str) -> str:
    """Return a statement as it reaches the rows: one that changes those that are stored does so in each shard's own table."""
    found = CHANGES.match(statement)
    if not found or not layout.cluster:
        return statement
    before, after = statement[: found.start(1)], statement[found.end(1) :]
    return f"{before}`{layout.home}`.{found[1]} {layout.placeholders['ON_CLUSTER']}{after}"


def _rows_of(layout: Layout, name: str) -> str:
    key = f", {ROUTES[name]}" if name in ROUTES else ""
    return f"Distributed('{layout.cluster}', '{layout.home}', '{name}'{key})"


def _globally(query: str) -> str:
    """Return the query of a view with its subqueries run once for all shards."""
    query = query.rstrip("; \n")
    return f"{query}{', ' if SETTINGS.search(query) else ' SETTINGS '}{GLOBAL}"


def _asked(layout: Layout, name: str) -> str:
    if name in PICKED:
        return f"SELECT * FROM {PICKED[name]} WHERE site = {{site:String}} AND customer_id = {{customer:String}}"  # noqa: S608 - names of ours
    of_shard = f"SELECT * FROM `{layout.home}`.{name}({PARAMETERS})"  # noqa: S608 - as above
    return f"SELECT * FROM cluster('{layout.cluster}', view({of_shard})) ORDER BY {OF_ONE[name]}"  # noqa: S608 - as above
