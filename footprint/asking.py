"""Questions to the store from the command line: as the analyst, also when nothing runs."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from footprint.local.installed import require_installed
from footprint.local.ports import LOOPBACK, free_port
from footprint.local.secrets import password_of
from footprint.parts.connections import resolve_store
from footprint.settings import Settings
from schemas.connections import StoreConnection
from schemas.errors import Misconfigured
from sinks.clickhouse.client import StoreClient
from sinks.clickhouse.cookbook import bind, find_recipe, read_time

MAX_ROWS = 10_000
START_S = 20.0
STOP_S = 10.0

_FORMAT = re.compile(r"\bFORMAT\s+(\w+)\s*$", re.IGNORECASE)
_BOUNDED = re.compile(r"[\s(]*(SELECT|WITH)\b", re.IGNORECASE)
_COMMENTS = re.compile(r"(?:\s*--[^\n]*(?:\n|\Z))+")
LINE_A_ROW = frozenset(
    {"CSV", "CSVWithNames", "JSON", "JSONCompact", "JSONCompactEachRow", "JSONEachRow", "NDJSON", "TSV", "TSKV", "TSVRaw", "TSVWithNames"}
)
"""Formats in which a row takes a line at least, so that few lines mean few rows."""


@dataclass(frozen=True, slots=True)
class Question:
    """A statement without its FORMAT, the format it asked for itself, empty when it did not, and the values of `{NAME:Type}` in it."""

    sql: str
    form: str
    parameters: Mapping[str, str] = field(default_factory=dict)

    def bounded(self, rows: int) -> str:
        """Return the statement so that it gives at most `rows` rows. Only a SELECT can give many."""
        if not self.may_be_long:
            return self.sql
        return f"SELECT * FROM (\n{self.sql}\n) LIMIT {rows}"  # noqa: S608 - whoever asks writes the statement; the user only reads

    def counting(self, rows: int) -> str:
        """Return the statement that counts its rows, up to `rows`."""
        return f"SELECT count() FROM (SELECT 1 FROM (\n{self.sql}\n) LIMIT {rows})"  # noqa: S608 - as above

    @property
    def may_be_long(self) -> bool:
        """True for a SELECT: nothing else gives many rows."""
        return bool(_BOUNDED.match(self.sql))


def question_of(text: str, given: Mapping[str, str]) -> Question:
    """Take a statement as somebody typed it, or the recipe of the cookbook that `@NAME` names, with the values given.

    Raises Misconfigured for a recipe that does not exist or values that it cannot take.
    """
    if text.startswith("@"):
        recipe = find_recipe(text[1:].strip())
        return Question(recipe.sql, "", bind(recipe, given, datetime.now(UTC)))
    question = read_question(text)
    times = {name: str(int(read_time(given[name]).timestamp())) for name in ("from", "to") if name in given}
    return Question(question.sql, question.form, {**given, **times})


def answer(store: StoreClient, question: Question, form: str, *, rows: int | None) -> tuple[bytes, bool]:
    """Return the result in a format, and whether it was cut: there are more than `rows` rows. None: all of them.

    Only a result that may have been cut is counted, which costs the query once more.
    """
    if rows is None or not question.may_be_long:
        return store.text(question.sql, form, parameters=question.parameters), False
    result = store.text(question.bounded(rows), form, parameters=question.parameters)
    if _is_short(result, form, rows):
        return result, False
    ((found,),) = store.rows(question.counting(rows + 1), question.parameters)
    return result, found > rows


def _is_short(result: bytes, form: str, rows: int) -> bool:
    """True when a result surely has fewer than `rows` rows. Tables say themselves when they show only their first 1,000."""
    if form.startswith("Pretty"):
        return b"\nShowed " not in result[-200:]
    return form in LINE_A_ROW and result.count(b"\n") < rows


def read_question(text: str) -> Question:
    """Take a statement as somebody typed it: with a semicolon or a FORMAT at its end, or without."""
    sql = _COMMENTS.sub("", text, count=1) if _COMMENTS.match(text) else text
    sql = sql.strip().rstrip(";").rstrip()
    found = _FORMAT.search(sql)
    return Question(sql[: found.start()].rstrip(), found[1]) if found else Question(sql, "")


@contextmanager
def analyst_store(settings: Settings) -> Iterator[StoreClient]:
    """Yield a client of the read-only user; where no store runs, the local one is started for this question.

    Raises Misconfigured when there is no store at all.
    """
    client = StoreClient(resolve_store(settings, user="analyst"))
    if client.reachable() or settings.clickhouse_url:
        try:
            yield client
        finally:
            client.close()
        return
    client.close()
    with _started(settings.data_dir) as started:
        yield started


@contextmanager
def _started(data_dir: Path) -> Iterator[StoreClient]:
    folder, secrets = data_dir / "clickhouse", data_dir / "secrets"
    if not folder.is_dir():
        raise Misconfigured(f"No store runs, and {data_dir} holds none. Start `footprint up`, or name the folder with --data-dir.")
    require_installed()
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "footprint.local.clickhouse", "--path", str(folder), "--port", str(port), "--secrets", str(secrets)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    client = StoreClient(StoreConnection(f"http://{LOOPBACK}:{port}", "analyst", password_of(secrets, "analyst")))
    try:
        _wait(client, server)
        yield client
    finally:
        client.close()
        server.terminate()
        try:
            server.communicate(timeout=STOP_S)
        except subprocess.TimeoutExpired:
            server.kill()
            server.communicate()


def _wait(client: StoreClient, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_S
    while not client.reachable():
        if server.poll() is not None:
            said = server.stderr.read().decode("utf-8", "replace").strip() if server.stderr else ""
            raise Misconfigured(said.rpartition("footprint: ")[2] or "The local store ended at once. Look at its folder, then try again.")
        if time.monotonic() > deadline:
            raise Misconfigured(f"The local store did not answer within {START_S:.0f} s. Start `footprint up` and try again.")
        time.sleep(0.1)
