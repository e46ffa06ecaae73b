"""The commands' door to ClickHouse: questions, nothing is ever written through it."""

import threading
from collections.abc import Sequence
from typing import Any

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from schemas.connections import StoreConnection
from schemas.errors import Retryable

MAX_QUERY_BYTES = 16 * 1024 * 1024


class Reader:
    """Asks one store over HTTP; usable from several threads, one question at a time. Connects with the first question."""

    def __init__(self, connection: StoreConnection) -> None:
        self._connection = connection
        self._client: Client | None = None
        self._turn = threading.Lock()

    def rows(self, sql: str, **parameters: Any) -> Sequence[Sequence[Any]]:
        """Return the rows of a query; `%(name)s` stands for a parameter. Raises Retryable when the store cannot answer."""
        try:
            with self._turn:
                return self._connected().query(sql, parameters=parameters or None).result_rows
        except (ClickHouseError, OSError) as error:
            raise Retryable(
                f"The store at {self._connection.url} cannot answer: {_first_line(error)}. Look at `footprint doctor`, then try again."
            ) from error

    def value(self, sql: str, **parameters: Any) -> Any:
        """Return the first value of the first row, None without a row."""
        rows = self.rows(sql, **parameters)
        return rows[0][0] if rows else None

    def close(self) -> None:
        """Let the connection go; the next question connects again."""
        if self._client:
            self._client.close()
            self._client = None

    def _connected(self) -> Client:
        if self._client is None:
            to = self._connection
            self._client = clickhouse_connect.get_client(
                dsn=to.url,
                username=to.user,
                password=to.password,
                database=to.database,
                autogenerate_session_id=False,
                settings={"max_query_size": MAX_QUERY_BYTES} if to.user != "analyst" else {},
            )
        return self._client


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:300]
