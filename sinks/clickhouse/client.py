"""The only door to ClickHouse: its HTTP interface through clickhouse-connect, and its errors in our three words."""

import logging
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import clickhouse_connect
from clickhouse_connect.driver import httputil
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError, InterfaceError, ProgrammingError

from schemas.connections import StoreConnection, TlsFiles
from schemas.errors import Misconfigured, Retryable
from schemas.transport import distrust, tls_context
from sinks.clickhouse import layouts
from sinks.core.shards import on_shards

CONNECT_TIMEOUT_S = 5
ANSWER_TIMEOUT_S = 120

ROW_FAULTS = frozenset({6, 25, 26, 27, 33, 34, 38, 41, 53, 69, 70, 72, 117, 128, 130, 131, 349, 376, 441, 467, 675, 676, 677})
"""Error codes that say a row cannot be read. Any other error is the store's: the insert is tried again."""
NO_CODE = 1002
"""An error without a code: the local engine cannot tell of bytes that are no text."""
NO_SCHEMA = frozenset({60, 81})
NO_ACCESS = frozenset({192, 193, 194, 497, 516})

_SAID = re.compile(r"DB::Exception: (?:Code: \d+\. DB::Exception: )*(.*?)(?: \(version \d.*)?(?: \(for url \S+\))?\Z", re.DOTALL)

INSERT_SETTINGS: Mapping[str, int | str] = {
    "async_insert": 0,
    "distributed_foreground_insert": 1,
    "input_format_skip_unknown_fields": 1,
    "input_format_null_as_default": 1,
    "input_format_try_infer_dates": 0,
    "input_format_try_infer_datetimes": 0,
    "type_json_skip_duplicated_paths": 1,
    "max_partitions_per_insert_block": 0,
    "optimize_on_insert": 0,
}
"""Rows are read leniently; text in the caller's properties stays text even when it looks like a date; history may span many months.
Copies within one insert are left to the merges and to FINAL, like those of two inserts: replacing them first took a fifth of an insert."""


AT_ONCE = {"distributed_foreground_insert": 1, "distributed_ddl_task_timeout": 3600}
"""On a cluster a statement has happened on every shard when it returns."""


class RowFault(Exception):
    """The store read the rows of an insert and refused them: one of them is at fault."""


class Refused(Exception):
    """The store refused a statement: it is wrong, too expensive or not allowed. The text is the store's."""


class StoreClient:
    """A connection for one thread at a time. Connects at first use, and anew after the store was away.

    What is wrong with our own settings is Misconfigured until the store has answered once, and Retryable from then on: it was
    changed there, and work that is under way waits for it.
    """

    def __init__(self, connection: StoreConnection) -> None:
        self._connection = connection
        self._client: Client | None = None
        self._answered = False
        self._lock = threading.Lock()

    @property
    def home(self) -> str:
        """The database that holds the rows: on a cluster the one of the shards."""
        return layouts.layout(self._connection).home

    def rows(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Sequence[Sequence[Any]]:
        """Return the rows of a query; `{name:Type}` in it takes the parameters."""
        with self._using() as client:
            return client.query(sql, parameters=dict(parameters or {})).result_rows

    def dicts(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Return the rows of a query by column name."""
        with self._using() as client:
            return list(client.query(sql, parameters=dict(parameters or {})).named_results())

    def command(self, sql: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Run a statement without a result. On a cluster, one that changes stored rows runs on every shard."""
        sql = on_shards(layouts.layout(self._connection), sql)
        with self._using() as client:
            client.command(sql, parameters=dict(parameters or {}), settings=AT_ONCE if self._connection.cluster else None)

    def text(self, sql: str, form: str, *, parameters: Mapping[str, Any] | None = None, settings: Mapping[str, Any] | None = None) -> bytes:
        """Return the result of a query in one of ClickHouse's formats."""
        with self._using() as client:
            return client.raw_query(sql, parameters=dict(parameters or {}), fmt=form, settings=dict(settings or {}))

    def insert(self, table: str, rows: bytes, token: str = "") -> None:
        """Insert JSON lines as they are. Rows that came before under the same token are not inserted again.

        Raises RowFault when a row is at fault: then none was inserted.
        """
        named = {"insert_deduplication_token": token} if token else {}
        with self._using(rows=rows) as client:
            client.raw_insert(table, insert_block=rows, fmt="JSONEachRow", settings={**INSERT_SETTINGS, **named})

    def reachable(self) -> bool:
        """True when the store answers."""
        try:
            with self._using() as client:
                return bool(client.command("SELECT 1") == 1)
        except (Retryable, Refused, Misconfigured):
            return False

    def close(self) -> None:
        """Let go of the connection; the next call connects anew."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    @contextmanager
    def _using(self, *, rows: bytes | None = None) -> Iterator[Client]:
        with self._lock:
            try:
                with errors_of(self._connection, rows=rows):
                    if self._client is None:
                        self._client = connect(self._connection)
                    yield self._client
                    self._answered = True
            except Retryable:
                self.close()
                raise
            except Misconfigured as error:
                self.close()
                if self._answered:
                    raise Retryable(str(error)) from error
                raise


@contextmanager
def errors_of(connection: StoreConnection, *, rows: bytes | None = None) -> Iterator[None]:
    """Turn the driver's errors into ours: Retryable, Misconfigured, Refused; RowFault for an insert of `rows` only."""
    try:
        yield
    except (ClickHouseError, OSError) as error:
        raise _translated(error, connection, rows) from error


def _translated(error: Exception, connection: StoreConnection, rows: bytes | None) -> Exception:
    code = error.code if isinstance(error, DatabaseError) else None
    if isinstance(error, (ProgrammingError, InterfaceError)) and code is None:
        return Refused(message_of(error))
    if code is None:
        return _unreached(error, connection)
    if code in NO_ACCESS:
        return Misconfigured(
            f"ClickHouse refuses user {connection.user!r} (code {code}). Correct user and password in FOOTPRINT_CLICKHOUSE_URL and "
            "FOOTPRINT_CLICKHOUSE_PASSWORD, or give it its rights: `footprint deploy acls --grants`."
        )
    if rows is None:
        return Refused(message_of(error))
    if code in ROW_FAULTS or (code == NO_CODE and not _is_text(rows)):
        return RowFault(f"{error_name(error)} (code {code})")
    hint = "Run `footprint migrate`." if code in NO_SCHEMA else "Look at the server's log."
    return Retryable(f"ClickHouse refused an insert with code {code}. {hint}")


def _unreached(error: Exception, connection: StoreConnection) -> Misconfigured | Retryable:
    server = f"ClickHouse at {connection.url}"
    if connection.tls and (said := distrust(error, connection.tls, server=server)):
        return said
    wanted = " It may want a certificate of ours." if connection.tls and not connection.certificate_file else ""
    return Retryable(f"{server} does not answer ({type(error).__name__}).{wanted} Check that it runs.")


def _is_text(rows: bytes) -> bool:
    try:
        rows.decode()
    except UnicodeDecodeError:
        return False
    return True


def message_of(error: Exception) -> str:
    """Return what ClickHouse itself said, without the driver's words around it."""
    found = _SAID.search(str(error))
    return found[1] if found else str(error)


def error_name(error: Exception) -> str:
    """Return ClickHouse's symbolic name of an error."""
    return getattr(error, "name", None) or "UNREADABLE"


def connect(connection: StoreConnection, database: str | None = None, *, answer_s: int = ANSWER_TIMEOUT_S) -> Client:
    """Return a client of the driver. `database` replaces the connection's own, empty: none; `answer_s` is the longest wait for one."""
    logging.getLogger("clickhouse_connect").setLevel(logging.CRITICAL)  # it logs what it raises as well
    parts = urlsplit(connection.url)
    return clickhouse_connect.get_client(
        host=parts.hostname or "127.0.0.1",
        port=parts.port or (8443 if parts.scheme == "https" else 8123),
        secure=parts.scheme == "https",
        username=connection.user,
        password=connection.password,
        database=connection.database if database is None else (database or None),
        connect_timeout=CONNECT_TIMEOUT_S,
        send_receive_timeout=answer_s,
        autogenerate_session_id=False,
        **_secured(connection),
    )


def _secured(connection: StoreConnection) -> dict[str, Any]:
    """Return the driver's options of an encrypted connection. A certificate of ours without a password is who we are."""
    files = connection.tls
    if files is None:
        return {}
    pool = {"pool_mgr": _pool(files)}
    return pool | ({} if connection.password else {"client_cert": files.certificate or None})


@lru_cache(maxsize=16)
def _pool(files: TlsFiles) -> Any:
    """Return the connections that are shared by all clients with these files, as those of open connections are."""
    return httputil.get_pool_manager(ssl_context=tls_context(files))
