"""`footprint sql`: one question to the store, as the read-only analyst."""

import sys
from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("sql")(sql)


def sql(
    query: Annotated[str, typer.Argument(help="One statement; docs/reference/store.md lists the views. `-`: read it from standard input.")],
    form: Annotated[str, typer.Option("--format", help="Any of ClickHouse's formats, for example JSONEachRow or CSVWithNames.")] = "",
    all_rows: Annotated[bool, typer.Option("--all", help="Every row; otherwise at most 10,000.")] = False,
    data_dir: Annotated[
        Path | None, typer.Option(help="Data folder; when nothing runs there, its store is started for this question.")
    ] = None,
) -> None:
    """Run one query and print its result. It only reads.

    Example: `footprint sql "SELECT kind, count() FROM events GROUP BY kind"`
    """
    from footprint.asking import MAX_ROWS, analyst_store, read_question
    from footprint.settings import current
    from sinks.clickhouse.client import Refused

    question = read_question(sys.stdin.read() if query == "-" else query)
    statement = question.sql if all_rows else question.bounded(MAX_ROWS)
    try:
        with analyst_store(current(data_dir=data_dir)) as store:
            result = store.text(statement, form or question.form or "PrettyCompact")
    except Refused as error:
        print(f'footprint: {error}\nCorrect the query; `footprint sql "SHOW TABLES"` lists the views.', file=sys.stderr)
        raise typer.Exit(1) from None
    sys.stdout.buffer.write(result)
    sys.stdout.flush()
