"""`footprint customer`: one person's footprint."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

Site = Annotated[str, typer.Option(help="Website.")]
Customer = Annotated[str, typer.Option(help="Customer id.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
DataDir = Annotated[Path | None, typer.Option(help="Data folder; when nothing runs there, its store is started for this question.")]
Rows = list[dict[str, Any]]

SHOW = "SELECT * FROM customer(site = {site:String}, customer = {customer:String})"
WHY = "SELECT * FROM why(site = {site:String}, customer = {customer:String})"
TIMELINE = """
SELECT event_time, sentence, channel, traffic, visitor_id, session_id, kind, name, value, currency, url_path, event_id, toJSONString(props) AS props
FROM timeline(site = {site:String}, customer = {customer:String})
"""


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    from footprint.cli.held import export, forget
    from footprint.cli.suppress import release, suppress

    group = typer.Typer(help="One customer: profile, score explained, timeline, export, erasure, objection.", no_args_is_help=True)
    for command in (show, why, timeline, export, forget, suppress, release):
        group.command()(command)
    app.add_typer(group, name="customer")


def show(site: Site, customer: Customer, as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Show a customer's profile: first and last seen, channels, scores, orders, consent, preferences.

    Example: `footprint customer show --site demo --customer anna`
    """
    profile = _ask(SHOW, site, customer, data_dir=data_dir)[0]
    if as_json:
        print(_as_json(profile))
        return
    _print_table(customer, ("field", "value"), [(name, _text(value)) for name, value in profile.items()])


def why(site: Site, customer: Customer, as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Explain a customer's scores: what each rule contributes now; with the last row they sum to the shown score.

    Example: `footprint customer why --site demo --customer anna`
    """
    rows = _ask(WHY, site, customer, data_dir=data_dir)
    if as_json:
        print(_as_json(rows))
        return
    for score in dict.fromkeys(row["score"] for row in rows):
        block = [row for row in rows if row["score"] == score]
        lines = [(row["rule"], _text(row["points"]), str(row["changes"] or ""), _text(row["last_event_time"])) for row in block]
        _print_table(f"{customer}: {score} {block[0]['shown']:.2f}", ("rule", "points", "changes", "last event (UTC)"), lines)


def timeline(
    site: Site,
    customer: Customer,
    last: Annotated[int, typer.Option(help="Only the newest so many; 0: all.", min=0)] = 200,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Show everything a customer did, over all browsers and channels, in order.

    Example: `footprint customer timeline --site demo --customer anna`
    """
    rows = _ask(TIMELINE, site, customer, data_dir=data_dir)
    shown = rows[-last:] if last else rows
    if as_json:
        print(_as_json([row | {"props": json.loads(row["props"])} for row in shown]))
        return
    lines = [
        (_text(row["event_time"]), row["sentence"], row["channel"], "" if row["traffic"] == "human" else row["traffic"]) for row in shown
    ]
    _print_table(f"{customer}: {len(shown)} of {len(rows)} events", ("time (UTC)", "what", "channel", "traffic"), lines)


def _ask(sql: str, site: str, customer: str, *, data_dir: Path | None) -> Rows:
    from footprint.asking import analyst_store
    from footprint.settings import current

    with analyst_store(current(data_dir=data_dir)) as store:
        rows = store.dicts(sql, {"site": site, "customer": customer})
    if not rows:
        print(f"footprint: site {site!r} has nothing on customer {customer!r}. See the view `customers` for who is known.", file=sys.stderr)
        raise typer.Exit(1)
    return rows


def _print_table(title: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*columns, title=Text(title), title_justify="left")
    for row in rows:
        table.add_row(*map(Text, row))
    Console().print(table)


def _text(value: Any) -> str:
    from datetime import datetime

    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, dict):
        return ", ".join(f"{name} {_text(inner)}" for name, inner in value.items())
    if isinstance(value, float):
        return f"{round(value, 2) + 0.0:.2f}"  # + 0.0: no minus before a zero
    return ", ".join(map(_text, value)) if isinstance(value, (list, tuple)) else str(value)


def _as_json(value: Any) -> str:
    return json.dumps(value, default=str, ensure_ascii=False, indent=2)
