"""The schema of the store as numbered migrations: the same files for the local engine, a server and a cluster."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

from clickhouse_migrations.clickhouse_cluster import ClickhouseCluster
from clickhouse_migrations.connection import ClickhouseConnectConnection
from clickhouse_migrations.exceptions import MigrationException
from clickhouse_migrations.migrator import STATUS_MD5_MISMATCH, STATUS_PENDING, STATUS_UNKNOWN

from schemas.connections import StoreConnection
from schemas.errors import Misconfigured
from sinks.clickhouse import layouts
from sinks.clickhouse.client import Refused, connect, errors_of
from sinks.clickhouse.layouts import DEDUP_WINDOW
from sinks.clickhouse.schema import FOLDER, newest, spread, statements
from sinks.core.shards import Layout

__all__ = ["DEDUP_WINDOW", "FOLDER", "SchemaVersion", "check", "migrate", "newest", "plan", "status"]


ANSWER_S = 300
"""Longest wait for one statement of a migration, on all shards."""


@dataclass(frozen=True, slots=True)
class SchemaVersion:
    """One migration and whether it is applied."""

    number: int
    state: str


def migrate(connection: StoreConnection, *, to: int | None = None) -> Sequence[int]:
    """Create the database and apply what is pending, at most up to version `to`; returns the applied versions.

    Raises Misconfigured when the store's schema is newer than this program or was made from other files, Retryable
    when the store does not answer.
    """
    check(connection, pending=True)
    laid = layouts.layout(connection)
    with _outcome(connection):
        applied = _Cluster(connection).migrate(
            laid.home, FOLDER, _everywhere(laid), variables=dict(laid.placeholders), migration_log_format="compact", to_version=to
        )
        _spread(connection, laid, to or newest())
    return [migration.version for migration in applied]


def plan(connection: StoreConnection, number: int) -> str:
    """Return what a version runs in this store; the newest one also makes the database over all shards."""
    laid = layouts.layout(connection)
    over = spread(laid, connection.database, number) if number == newest() else []
    return "\n".join([statements(number, laid), *(f"{statement};\n" for statement in over)])


def status(connection: StoreConnection) -> Sequence[SchemaVersion]:
    """Return every known version: `applied`, `pending`, `unknown` (newer than this program) or `md5-mismatch`."""
    with _outcome(connection):
        rows = _Cluster(connection).status(layouts.layout(connection).home, FOLDER)
    return [SchemaVersion(row.version, row.state) for row in rows]


def check(connection: StoreConnection, *, pending: bool = False) -> None:
    """Raise Misconfigured unless the store's schema is the one of this program. `pending`: an older one is fine."""
    states: dict[str, list[int]] = {}
    for version in status(connection):
        states.setdefault(version.state, []).append(version.number)
    if newer := states.get(STATUS_UNKNOWN):
        raise Misconfigured(f"The store's schema is at version {max(newer)}, newer than this program. Install the newer footprint.")
    if changed := states.get(STATUS_MD5_MISMATCH):
        raise Misconfigured(f"Migration {changed[0]} was applied from another file. Install the footprint that made this store.")
    if not pending and states.get(STATUS_PENDING):
        raise Misconfigured("The store's schema is older than this program. Run `footprint migrate`.")


class _Cluster(ClickhouseCluster):  # type: ignore[misc]  # the library has no types
    """The library's view of a store, over our own connections: TLS and its errors are the same everywhere."""

    def __init__(self, connection: StoreConnection) -> None:
        super().__init__(db_user=connection.user, db_name=connection.database, driver="clickhouse-connect")
        self._to = connection

    def connection(self, db_name: str | None = None) -> Any:
        """Connect; None is the database of the store, empty none."""
        name = self.default_db_name if db_name is None else db_name
        return ClickhouseConnectConnection(connect(self._to, name or "", answer_s=ANSWER_S))


def _everywhere(laid: Layout) -> str | None:
    """The cluster on which each statement runs; None where a statement reaches all of the store by itself."""
    return laid.cluster if laid.placeholders["ON_CLUSTER"] else None


def _spread(connection: StoreConnection, laid: Layout, to: int) -> None:
    made = spread(laid, connection.database, to)
    for database, part in (("", made[:1]), (connection.database, made[1:])):  # the first one makes the database
        with closing(connect(connection, database)) as client:
            for statement in part:
                client.command(statement)


@contextmanager
def _outcome(connection: StoreConnection) -> Iterator[None]:
    level = logging.root.manager.disable
    logging.disable(logging.INFO)  # the library tells each step on the root logger
    try:
        with errors_of(connection):
            yield
    except (MigrationException, Refused) as error:
        raise Misconfigured(f"The schema was not migrated: {error}. Correct that and run `footprint migrate` again.") from error
    finally:
        logging.disable(level)
