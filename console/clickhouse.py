"""The console's door to ClickHouse: reads views as the analyst user over HTTP."""

import asyncio
from collections.abc import Mapping, Sequence

from console.ports import Row
from schemas.connections import StoreConnection
from schemas.errors import Misconfigured, Retryable
from sinks.clickhouse.client import Refused, StoreClient

AT_ONCE = 4
"""Questions that are under way at one time; a page asks up to six."""


class ClickHouseStore:
    """A store reached over HTTP by a few clients, each for one question at a time."""

    def __init__(self, connection: StoreConnection) -> None:
        self._free = [StoreClient(connection) for _ in range(AT_ONCE)]
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def ask(self, sql: str, parameters: Mapping[str, str]) -> Sequence[Row]:
        """Return the rows of a statement."""
        async with self._turn:
            client = self._free.pop()
            try:
                return await asyncio.to_thread(client.dicts, sql, parameters)
            except (Refused, Misconfigured) as error:
                raise Retryable(f"The store refused the question: {error}") from error
            finally:
                self._free.append(client)
