"""How the schema lies in the store of a connection."""

from schemas.connections import StoreConnection
from sinks.core.shards import Layout, layout_of

DEDUP_WINDOW = 1000
"""Inserts that each table remembers: a crashed insert is repeated as the first one of its partition, far fewer than this later."""


def layout(connection: StoreConnection) -> Layout:
    """Return how the schema lies in this store."""
    return layout_of(connection.database, DEDUP_WINDOW, connection.cluster)
