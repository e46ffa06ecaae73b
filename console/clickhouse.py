"""The console's door to ClickHouse: reads views as the analyst user over HTTP."""

import asyncio
from collections.abc import Sequence

from console.ports import SeenEvent
from schemas.connections import StoreConnection
from schemas.errors import Misconfigured, Retryable
from sinks.clickhouse.client import Refused, StoreClient

NEWEST = """
SELECT formatDateTime(event_time, '%Y-%m-%d %H:%i:%S'), site, if(customer_id != '', customer_id, visitor_id), kind, name,
       if(url_path != '', url_path, title), traffic, session_id
FROM events
WHERE received_at >= (SELECT max(received_at) - INTERVAL 1 DAY FROM events)
ORDER BY received_at DESC, event_time DESC, seq DESC
LIMIT {limit:UInt16}
"""


class ClickHouseStore:
    """A store reached over HTTP; one short-lived client per question."""

    def __init__(self, connection: StoreConnection) -> None:
        self._connection = connection

    async def newest_events(self, limit: int) -> Sequence[SeenEvent]:
        """Return the newest events by the time they were received."""
        try:
            rows = await asyncio.to_thread(self._query, NEWEST, {"limit": limit})
        except (Retryable, Refused, Misconfigured) as error:
            raise Retryable("The store does not answer. Look at the clickhouse part.") from error
        return [SeenEvent(*map(str, row)) for row in rows]

    def _query(self, sql: str, parameters: dict[str, object]) -> Sequence[Sequence[object]]:
        client = StoreClient(self._connection)
        try:
            return client.rows(sql, parameters)
        finally:
            client.close()
