"""`footprint tasks`: who should do what by when."""

import json as jsonlib
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    group = typer.Typer(help="Tasks: what signals make somebody do; the console is where it is done.", no_args_is_help=True)
    group.command("list")(list_)
    app.add_typer(group, name="tasks")


def list_(
    site: Annotated[str, typer.Option(help="Website.")],
    owner: Annotated[str, typer.Option(help="Only of this user; `*`: everybody's and nobody's.")] = "*",
    state: Annotated[Literal["open", "done", "withdrawn", "all"], typer.Option(help="Only tasks that stand so.")] = "open",
    *,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only those that are past their time.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    data_dir: Annotated[Path | None, typer.Option(help="Data folder of the running `footprint up`.")] = None,
) -> None:
    """List tasks, open ones by when they are due; at most 300.

    Example: `footprint tasks list --site demo --overdue`
    """
    from console.questions import question
    from footprint.asking import analyst_store
    from footprint.settings import current

    with analyst_store(current(data_dir=data_dir)) as store:
        asked = {"site": site, "owner": owner, "state": state, "due": "over" if overdue else "any"}
        rows = store.dicts(question("tasks_list").sql, asked)
    if json:
        print(jsonlib.dumps([{name: _plain(value) for name, value in row.items()} for row in rows], indent=2))
    else:
        _print_table(rows)


def _plain(value: Any) -> Any:
    return value.isoformat(timespec="milliseconds") if isinstance(value, datetime) else value


def _print_table(rows: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("task", "about", "owner", "due (UTC)", "state")
    for row in rows:
        state = row["state"] + (", escalated" if row["escalated"] else "")
        about = row["customer_id"] or f"visitor {row['visitor_id'][:8]}"
        table.add_row(*map(Text, (row["title"], about, row["owner"] or "-", row["due_at"].strftime("%Y-%m-%d %H:%M"), state)))
    Console().print(table)
