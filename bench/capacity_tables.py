"""Rows and bytes of the store's tables: how many rows events become, and what a row of each weighs where there are many."""

import time
from dataclasses import dataclass
from types import SimpleNamespace

from bench.store_line import fill
from bench.store_rows import DAYS, Shop
from schemas.connections import StoreConnection
from sinks.clickhouse.client import StoreClient
from sinks.clickhouse.migrations import migrate

NAMES = (
    "SELECT name, engine FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree' AND name != 'schema_versions'"
)
WEIGHT = """
SELECT table, sum(bytes_on_disk) / sum(rows) FROM system.parts
WHERE active AND database = currentDatabase() AND table != 'schema_versions' GROUP BY table
"""
PLAIN = ("MergeTree", "ReplicatedMergeTree")
"""Engines that keep every row."""
QUIET_S = 0.2
MERGE_S = 120.0


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of one database."""

    store: StoreConnection

    def rows(self) -> dict[str, int]:
        """Return the rows of each table as they will be when everything is merged: copies count once."""
        client = StoreClient(self.store)
        try:
            finals = {name: "" if engine in PLAIN else " FINAL" for name, engine in client.rows(NAMES)}
            return {name: int(client.rows(f"SELECT count() FROM {name}{final}")[0][0]) for name, final in finals.items()}
        finally:
            client.close()

    def filled(self, events: int) -> dict[str, float]:
        """Make the database, fill it with a shop's events of 90 days, and return the bytes of a row of each table; it is gone afterwards."""
        migrate(self.store)
        client = StoreClient(self.store)
        try:
            fill(SimpleNamespace(client=client), Shop(events, int(time.time() * 1000) - DAYS * 86_400_000))
            _merged(client)
            return {table: float(weight) for table, weight in client.rows(WEIGHT)}
        finally:
            client.command(f"DROP DATABASE {self.store.database}")
            client.close()


def _merged(client: StoreClient) -> None:
    deadline, quiet = time.monotonic() + MERGE_S, 0
    while quiet < 5 and time.monotonic() < deadline:
        quiet = 0 if client.rows("SELECT count() FROM system.merges")[0][0] else quiet + 1
        time.sleep(QUIET_S)
