"""What the store holds, in figures for operators: rows, bytes and parts of tables, space on disks, erasures under way."""

from collections.abc import Sequence
from typing import NamedTuple

from sinks.clickhouse.client import StoreClient

TABLES = """
SELECT table, sum(rows), sum(bytes_on_disk), count() FROM system.parts
WHERE active AND database = {home:String} GROUP BY table ORDER BY table
"""
DISKS = "SELECT name, free_space, total_space FROM system.disks ORDER BY name"
ERASURES = "SELECT count(), toUnixTimestamp(min(requested_at)) FROM erasures_raw FINAL WHERE status = 'pending'"

LOOKED_AT = ("disks", "parts")
"""Tables of `system` that are read: their own right, where the server asks for one."""


class Table(NamedTuple):
    """One table on the server that answered."""

    name: str
    rows: int
    size: int
    parts: int


class Disk(NamedTuple):
    """One disk of the server that answered."""

    name: str
    free: int
    size: int


class Figures(NamedTuple):
    """`oldest_erasure_at`: Unix seconds, meaningless while there is none."""

    tables: Sequence[Table]
    disks: Sequence[Disk]
    erasures: int
    oldest_erasure_at: int


def read(client: StoreClient) -> Figures:
    """Return the figures of now; raises Retryable when the store is away. On a cluster, tables and disks are those of one server."""
    tables = [Table(str(row[0]), int(row[1]), int(row[2]), int(row[3])) for row in client.rows(TABLES, {"home": client.home})]
    disks = [Disk(str(row[0]), int(row[1]), int(row[2])) for row in client.rows(DISKS)]
    [[erasures, oldest]] = client.rows(ERASURES)
    return Figures(tables, disks, int(erasures), int(oldest))
