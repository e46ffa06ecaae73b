"""Two databases of one store, compared row by row."""

from collections.abc import Iterator
from dataclasses import dataclass

from sinks.clickhouse.client import StoreClient
from sinks.clickhouse.customers import Count

SHOWN = 5
"""Rows that are printed of each difference."""
NOT_COMPARED = {("rejected_raw", "stored_at"), ("rebuild_marks", "version"), ("seen_customers", "marked"), ("customers_raw", "version")}
"""Columns that say when a row was written."""
LEFT_OUT = ("schema_versions", "rollup_marks", "rollup_days", "page_daily_raw", "campaign_daily_raw")
"""The migrations' own; and rollups as they lie there, whose rows say when a day was counted: their views are compared."""
VIEWS = ("events", "sessions", "events_by_time", "score_changes", "signals", "identities", "rejected", "page_daily", "campaign_daily")
TABLES = "SELECT name FROM system.tables WHERE database = {database:String} AND engine LIKE '%MergeTree' ORDER BY name"
COLUMNS = "SELECT name, type FROM system.columns WHERE database = {database:String} AND table = {table:String} ORDER BY position"


@dataclass(frozen=True, slots=True)
class Compared:
    """One table or view: how many rows the calm run has, and those that one of the two has alone."""

    name: str
    rows: int
    differences: tuple[str, ...]


def compare(client: StoreClient, calm: str, tormented: str) -> Iterator[Compared]:
    """Compare every table (as its newest versions) and the views that people read."""
    tables = [row[0] for row in client.rows(TABLES, {"database": calm}) if row[0] not in LEFT_OUT]
    for name in (*tables, *VIEWS):
        final = "FINAL" if name in tables and not name.startswith("tally") and name != "rebuild_assignments" else ""
        columns = ", ".join(_columns(client, calm, name))
        sides = [f"SELECT {columns} FROM {database}.{name} {final}" for database in (calm, tormented)]
        rows = client.rows(f"SELECT count() FROM ({sides[0]})")[0][0]
        missing, extra = (_alone(client, *pair) for pair in (sides, sides[::-1]))
        yield Compared(name, rows, (*(f"missing {row}" for row in missing), *(f"not to be there {row}" for row in extra)))


def count_everybody(client: StoreClient, settle_s: float) -> None:
    """Count the customers' rows that marks name, as a process that was just started."""
    count = Count.resumed(client)
    while count.round(client, settle_ms=int(settle_s * 1000)):
        pass


def _alone(client: StoreClient, one: str, other: str) -> list[str]:
    """Return rows that `one` has more often than `other`."""
    counted = [f"SELECT *, count() AS times FROM ({side}) GROUP BY ALL" for side in (one, other)]
    return client.text(f"SELECT * FROM ({counted[0]} EXCEPT {counted[1]}) LIMIT {SHOWN}", "JSONEachRow").decode().splitlines()


def _columns(client: StoreClient, database: str, table: str) -> Iterator[str]:
    for name, kind in client.rows(COLUMNS, {"database": database, "table": table}):
        if (table, name) not in NOT_COMPARED:
            yield f"toString({name}) AS {name}" if kind.startswith("JSON") else name
