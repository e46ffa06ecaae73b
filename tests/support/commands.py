"""Runs the program against a line, as somebody would in that line's folder; and asks its store, as `footprint sql` does."""

import json
import os
import subprocess
from typing import Any

from footprint.asking import answer, question_of
from footprint.demo.line import Line
from footprint.parts.connections import resolve_store
from footprint.settings import PREFIX, Settings
from sinks.clickhouse.client import StoreClient
from tests.support.program import loaded


def run_program(line: Line, *arguments: str, stdin: bytes = b"", seconds: float = 120) -> subprocess.CompletedProcess[str]:
    """Run `footprint ARGUMENTS... --data-dir D` with the line's settings; returns what it said and its exit code."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    done = loaded().run([*arguments, "--data-dir", str(line.data_dir)], folder=line.folder, environment=own, stdin=stdin, seconds=seconds)
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def run_json(line: Line, *arguments: str, stdin: bytes = b"") -> Any:
    """Run a command that must succeed and return the JSON it prints."""
    done = run_program(line, *arguments, stdin=stdin)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def ask(line: Line, sql: str, **values: str) -> list[list[Any]]:
    """Return the rows of a query as `footprint sql --format JSONCompact` prints them, without a process for each question."""
    store = StoreClient(resolve_store(Settings(data_dir=line.data_dir), user="analyst"))
    try:
        result, _ = answer(store, question_of(sql, values), "JSONCompact", rows=None)
    finally:
        store.close()
    return json.loads(result)["data"]
