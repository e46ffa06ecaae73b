"""The sink's store: inserts in threads, one client each, so that the loop never waits for the network."""

import asyncio

from schemas.connections import StoreConnection
from schemas.errors import Misconfigured, Retryable
from sinks.clickhouse.client import RowFault, StoreClient
from sinks.ports import Unstorable

WRITERS = 2


class ClickHouseStore:
    """The `Store` of `sinks.ports` over ClickHouse: at most `writers` inserts at a time."""

    def __init__(self, connection: StoreConnection, *, writers: int = WRITERS) -> None:
        self._probe = StoreClient(connection)
        self._free: asyncio.Queue[StoreClient] = asyncio.Queue()
        for _ in range(writers):
            self._free.put_nowait(StoreClient(connection))

    async def insert(self, table: str, rows: bytes, token: str) -> None:
        """Store the rows of a batch, all or none; see `sinks.ports.Store`."""
        client = await self._free.get()
        try:
            await asyncio.to_thread(client.insert, table, rows, token)
        except RowFault as error:
            raise Unstorable(str(error)) from error
        except Misconfigured as error:  # a store that starts may not know its users yet: stopping would lose nothing, but help nobody
            raise Retryable(str(error)) from error
        finally:
            self._free.put_nowait(client)

    async def reachable(self) -> bool:
        """True when the store answers."""
        return await asyncio.to_thread(self._probe.reachable)

    async def close(self) -> None:
        """Let go of all connections. No insert may be running."""
        self._probe.close()
        while not self._free.empty():
            self._free.get_nowait().close()
