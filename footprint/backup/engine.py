"""BACKUP and RESTORE of the store's own engine, the same statements on the local one and on a server."""

import time
from collections.abc import Callable
from dataclasses import replace

from footprint.local.clickhouse.statements import identifier, literal
from schemas.connections import StoreConnection
from schemas.errors import Misconfigured
from sinks.clickhouse.client import Refused, StoreClient

POLL_S = 0.2
STATE = "SELECT status, error, total_size, bytes_read FROM system.backups WHERE id = {id:String}"
ROWS = "SELECT name, toUInt64(ifNull(total_rows, 0)) FROM system.tables WHERE database = {database:String} AND engine LIKE '%MergeTree'"

OPENED = "_backup_"
"""What stands in the name of a database that shows a backup, between ours and a number."""

Watch = Callable[[int, int], None]
"""Is told how many bytes of how many are done."""


class EngineBackups:
    """Backups of one database. `destination` is what stands after TO and FROM, see `file_at` and `disk_at`."""

    def __init__(self, connection: StoreConnection, destination: str, watch: Watch = lambda _, __: None) -> None:
        self._client = StoreClient(replace(connection, database="default"))  # ours may not exist, or be dropped
        self._database = connection.database
        self._destination = destination
        self._watch = watch

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()

    def create(self) -> int:
        """Write the backup; returns its bytes. The database goes on working meanwhile."""
        return self._carry_out(f"BACKUP DATABASE {identifier(self._database)} TO {self._destination} ASYNC")

    def tables(self) -> dict[str, int]:
        """Return the rows of each table as the backup itself holds them: it is opened for that, which proves that it can be."""
        opened = f"{self._database}{OPENED}{time.monotonic_ns()}"
        source = f"Backup({literal(self._database)}, {self._destination})"
        self._run(f"CREATE DATABASE {identifier(opened)} ENGINE = {source}")
        try:
            return dict(self._client.rows(ROWS, {"database": opened}))  # type: ignore[arg-type]  # two columns
        finally:
            self._run(f"DROP DATABASE {identifier(opened)}")

    def held(self) -> dict[str, int]:
        """Return the rows of each table that the database holds now; empty when it does not exist."""
        return dict(self._client.rows(ROWS, {"database": self._database}))  # type: ignore[arg-type]  # two columns

    def restore(self, backed_up: str) -> None:
        """Put the database `backed_up` of the backup into the place of ours, which must hold nothing."""
        self._run(f"DROP DATABASE IF EXISTS {identifier(self._database)}")
        named = identifier(backed_up) + ("" if backed_up == self._database else f" AS {identifier(self._database)}")
        self._carry_out(f"RESTORE DATABASE {named} FROM {self._destination} ASYNC")

    def _carry_out(self, statement: str) -> int:
        ((running, *_),) = self._asked(statement)
        while True:
            ((status, error, size, done),) = self._client.rows(STATE, {"id": running})
            self._watch(int(done), int(size))
            if status in ("BACKUP_CREATED", "RESTORED"):
                return int(size)
            if status.endswith(("_FAILED", "_CANCELLED")):
                raise Misconfigured(f"The store did not do it: {error[:500]}. Correct that and run it again.")
            time.sleep(POLL_S)

    def _asked(self, statement: str) -> list[list[str]]:
        try:
            return [line.decode().split("\t") for line in self._client.text(statement, "TSV").splitlines()]
        except Refused as error:
            raise _not_done(error) from error

    def _run(self, statement: str) -> None:
        try:
            self._client.command(statement)
        except Refused as error:
            raise _not_done(error) from error


def file_at(path: str) -> str:
    """Return the destination that is a file which the store writes itself."""
    return f"File({literal(path)})"


def disk_at(disk: str, name: str) -> str:
    """Return the destination on a disk of the server that its configuration allows for backups."""
    return f"Disk({literal(disk)}, {literal(name)})"


def _not_done(error: Refused) -> Misconfigured:
    return Misconfigured(f"The store did not do it: {error}. On a server, allow a disk for backups and name it with --disk.")
