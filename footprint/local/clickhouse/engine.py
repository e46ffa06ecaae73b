"""The engine itself: the only module that imports chdb.

A `Handle` is one connection into the engine, with its own current database and settings. Opening one takes about a
millisecond.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import chdb

from footprint.local.clickhouse.analyst import blocked_functions
from footprint.local.clickhouse.statements import Insert, Statement, identifier, literal
from footprint.local.folder_lock import locked

CHUNK_BYTES = 1 << 20
LOCK_WAIT_S = 5.0
FOLDER = "engine"
"""Where the engine keeps its data, in the working folder."""
CONFIGURATION = "engine.xml"
MORE = "more.xml"
"""Elements of a server's configuration that an operator adds, in the working folder."""
BACKUPS = "backups"
"""Where backups may be written and read: beside the working folder."""

EngineError = (RuntimeError, chdb.ChdbError)
"""What chdb raises when a statement fails."""


class Handle:
    """One connection into the engine; used by one thread at a time."""

    def __init__(self) -> None:
        self._connection: Any = chdb.connect(f"{FOLDER}?config-file={CONFIGURATION}")

    def use(self, database: str) -> None:
        """Make `database` the current one."""
        self._connection.query(f"USE {identifier(database)}")

    def set(self, settings: Mapping[str, str | None]) -> None:
        """Apply settings; None gives one its default back."""
        if settings:
            terms = (f"{name} = {'DEFAULT' if value is None else literal(value)}" for name, value in settings.items())
            self._connection.query("SET " + ", ".join(terms))

    def current(self, names: Mapping[str, Any]) -> dict[str, str | None]:
        """Return the value of each named setting, None where it is the default."""
        wanted = ", ".join(map(literal, names))
        query = f"SELECT name, value FROM system.settings WHERE changed AND name IN ({wanted})"  # noqa: S608 - quoted above
        rows = self.lines(query)
        return dict.fromkeys(names) | {name: value for name, _, value in (row.partition("\t") for row in rows)}

    def lines(self, query: str) -> list[str]:
        """Return the lines of a query's result."""
        text: str = (self._connection.query(query, "TSVRaw").bytes() or b"").decode()
        return text.splitlines()

    def command(self, statement: str) -> None:
        """Run a statement that has no result."""
        self._connection.query(statement)

    def insert(self, rows: Insert) -> dict[str, str]:
        """Insert rows and return the summary; all of them are stored once this returns."""
        inserter = self._connection.send_insert(f"INSERT INTO {rows.target}", rows.format)
        try:
            for at in range(0, len(rows.rows), CHUNK_BYTES):
                inserter.append(rows.rows[at : at + CHUNK_BYTES])
            done = inserter.finish()
        except BaseException:
            inserter.cancel()
            raise
        return {"written_rows": str(done.rows_written), "written_bytes": str(done.bytes_written), "read_rows": "0", "read_bytes": "0"}

    def run(self, statement: Statement, parameters: Mapping[str, str]) -> tuple[bytes, dict[str, str]]:
        """Run a statement and return its result and summary."""
        done = self._connection.query(statement.text, statement.format, params=dict(parameters) or None)
        return done.bytes() or b"", {"read_rows": str(done.rows_read()), "read_bytes": str(done.bytes_read())}

    def stream(self, statement: Statement, parameters: Mapping[str, str]) -> Iterator[bytes]:
        """Run a statement and yield its result in chunks."""
        with self._connection.send_query(statement.text, statement.format, params=dict(parameters) or None) as result:
            for chunk in result:
                yield chunk.bytes()

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()


class Engine:
    """The engine on the working folder, open from construction until `close`; kill -9 loses nothing acknowledged.

    It takes no path: chdb reads `?` and more in one as options of its own.
    """

    def __init__(self) -> None:
        # A process that was just killed may still be going: wait for it a moment.
        taken = f"Another ClickHouse has {Path.cwd()} open. Stop it, or set FOOTPRINT_DATA_DIR."
        self._lock = locked(Path("lock"), wait_s=LOCK_WAIT_S, taken=taken)
        Path(CONFIGURATION).write_text(_configuration(), "utf-8")
        self._root = Handle()  # keeps the engine open between requests
        _without_file_tables(self._root)
        names = self._root.lines("SELECT name FROM system.table_functions"), self._root.lines("SELECT name FROM system.functions")
        self.blocked = blocked_functions(*names)

    def handle(self) -> Handle:
        """Return a new connection."""
        return Handle()

    def close(self) -> None:
        """Close the engine; its folder is free afterwards."""
        self._root.close()
        self._lock.close()


def _configuration() -> str:
    allowed = escape(str(Path.cwd().parent / BACKUPS))
    more = Path(MORE).read_text("utf-8") if Path(MORE).is_file() else ""
    return f"<clickhouse><backups><allowed_path>{allowed}/</allowed_path></backups>{more}</clickhouse>\n"


def _without_file_tables(handle: Handle) -> None:
    """Replace the database `default`: chdb's shows every file of the machine as a table, and keeps no table of its own.

    The engine `Dictionary` holds no tables at all, so nothing can be put there and lost.
    """
    handle.command("DETACH DATABASE default")
    try:
        handle.command("ATTACH DATABASE default")
    except EngineError:  # the folder is new
        handle.command("CREATE DATABASE default ENGINE = Dictionary")
