"""`footprint import`: history from files."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from footprint.importing.outcomes import Form

if TYPE_CHECKING:
    from footprint.importing.run import Order, Place
    from footprint.importing.tally import Tally
    from footprint.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("import")(import_files)


def import_files(
    files: Annotated[list[str], typer.Argument(help="Files to import, plain, .gz or .zst; `-` is standard input.")],
    *,
    site: Annotated[str, typer.Option(help="The site whose history it is.")],
    form: Annotated[
        Form | None, typer.Option("--format", help="How the lines are written; not given: each file's first line tells.")
    ] = None,
    host: Annotated[str, typer.Option(help="Host of the logged paths, for example `shop.example`; not given: addresses have none.")] = "",
    rate: Annotated[float, typer.Option(min=0.0, help="Most events a second; 0: as fast as they are taken.")] = 0.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts as one JSON object.")] = False,
    data_dir: Annotated[Path | None, typer.Option(help="Data folder of the running `footprint up`.")] = None,
) -> None:
    """Import history: web server logs or events as NDJSON.

    The lines go through the collector's own entry and keep their times. A line that cannot be read is counted and
    written to the rejected topic. Running the same import twice changes nothing, and one that was interrupted continues.

    Example: `footprint import access.log.gz --site demo`
    """
    from footprint.importing.run import Order
    from footprint.settings import current

    settings = current(data_dir=data_dir)
    order = Order(tuple(files), site, form=form, host=host, rate=rate)
    _print(_watched(order, _place(settings, site)), as_json=as_json)


def _place(settings: "Settings", site: str) -> "Place":
    from footprint.importing.run import Place
    from footprint.parts.connections import resolve_collector, resolve_kafka, resolve_store, write_key
    from footprint.parts.rebuild import history_teller

    return Place(
        collector=resolve_collector(settings),
        key=write_key(settings, site),
        kafka=resolve_kafka(settings),
        store=resolve_store(settings, user="pipeline"),
        gap_ms=settings.site(site).session_gap_s * 1000,
        history_of=history_teller(settings),
    )


def _watched(order: "Order", place: "Place") -> "Tally":
    """Run the import with a progress bar on standard error, if that is a terminal."""
    import asyncio
    import sys

    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from footprint.importing.files import size_of
    from footprint.importing.run import Watch, import_history

    columns = (TextColumn("import"), BarColumn(), TextColumn("{task.fields[done]} lines"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
        bar = progress.add_task("import", total=size_of(list(order.files)), done=0)
        watch = Watch(
            read=lambda count: progress.advance(bar, count),
            done=lambda count: progress.update(bar, done=progress.tasks[0].fields["done"] + count),
        )
        return asyncio.run(import_history(order, place, watch))


def _print(tally: "Tally", *, as_json: bool) -> None:
    from rich.console import Console
    from rich.table import Table

    from schemas.codec import dumps

    if as_json:
        print(dumps(tally.as_json()).decode())
        return
    table = Table("lines", "count")
    table.columns[1].justify = "right"
    for name, count in tally.rows():
        table.add_row(name, f"{count:,}")
    Console().print(table)
