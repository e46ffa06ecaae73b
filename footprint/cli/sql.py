"""`footprint sql`: one question to the store, as the read-only analyst."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from footprint.asking import Question
    from sinks.clickhouse.cookbook import Recipe


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("sql", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(sql)


def sql(
    context: typer.Context,
    query: Annotated[
        str,
        typer.Argument(
            help="One statement; docs/reference/store.md lists the views. `-`: read it from standard input. "
            "`@NAME`: that recipe of the cookbook. `@`: list the recipes."
        ),
    ],
    *,
    form: Annotated[str, typer.Option("--format", help="Any of ClickHouse's formats, for example JSONEachRow or CSVWithNames.")] = "",
    all_rows: Annotated[bool, typer.Option("--all", help="Every row; otherwise at most 10,000.")] = False,
    site: Annotated[str, typer.Option(help="Value of `{site:String}` in the statement.")] = "",
    start: Annotated[str, typer.Option("--from", help="Value of `{from:DateTime}`: a day or a time, UTC.")] = "",
    end: Annotated[str, typer.Option("--to", help="Value of `{to:DateTime}`.")] = "",
    data_dir: Annotated[
        Path | None, typer.Option(help="Data folder; when nothing runs there, its store is started for this question.")
    ] = None,
) -> None:
    """Run one query and print its result. It only reads. Any other `--NAME VALUE` is the value of `{NAME:Type}` in it.

    Example: `footprint sql "SELECT kind, count() FROM events GROUP BY kind"`

    Example: `footprint sql @funnel --site demo --step2 "/cart%" --from 2026-09-01`
    """
    from footprint.asking import question_of
    from footprint.settings import current
    from sinks.clickhouse.cookbook import recipes

    if query == "@":
        _print_recipes(recipes())
        return
    standard = {"site": site, "from": start, "to": end}
    given = {name: value for name, value in standard.items() if value} | _pairs(context.args)
    question = question_of(sys.stdin.read() if query == "-" else query, given)
    _answer(question, form=form or question.form or "PrettyCompact", all_rows=all_rows, settings=current(data_dir=data_dir))


def _answer(question: "Question", *, form: str, all_rows: bool, settings: object) -> None:
    from footprint.asking import MAX_ROWS, analyst_store, answer
    from footprint.settings import Settings
    from sinks.clickhouse.client import Refused

    assert isinstance(settings, Settings)
    try:
        with analyst_store(settings) as store:
            result, cut = answer(store, question, form, rows=None if all_rows else MAX_ROWS)
    except Refused as error:
        print(f'footprint: {error}\nCorrect the query; `footprint sql "SHOW TABLES"` lists the views.', file=sys.stderr)
        raise typer.Exit(1) from None
    sys.stdout.buffer.write(result)
    sys.stdout.flush()
    if cut:
        print(f"footprint: these are the first {MAX_ROWS:,} rows, there are more. Add --all for every row, or a LIMIT.", file=sys.stderr)


def _pairs(words: list[str]) -> dict[str, str]:
    """Read `--NAME VALUE` and `--NAME=VALUE`; anything else is wrong use."""
    found, rest = {}, iter(words)
    for word in rest:
        name, equals, value = word.removeprefix("--").partition("=")
        if not word.startswith("--") or not name.isidentifier():
            raise typer.BadParameter(f"{word!r} is not understood. Write --NAME VALUE, and put the statement into quotes.")
        value = value if equals else next(rest, "")
        if not value and not equals:
            raise typer.BadParameter(f"{word} has no value. Write {word} VALUE.")
        found[name] = value
    return found


def _print_recipes(listed: "list[Recipe]") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("recipe", "answers")
    for recipe in listed:
        table.add_row(f"@{recipe.name}", recipe.question)
    Console().print(table)
