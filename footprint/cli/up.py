"""`footprint up`: everything on this machine."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("up")(up)


def up(
    data_dir: Annotated[Path | None, typer.Option(help="Folder of data, logs and secrets; FOOTPRINT_DATA_DIR otherwise.")] = None,
    exit_when_idle: Annotated[
        bool, typer.Option("--exit-when-idle", help="Stop when everything received is stored and nothing has come for 5 s.")
    ] = False,
) -> None:
    """Run the whole pipeline on this machine: Kafka, ClickHouse, collector, streams, sink, rebuild, console and a demo shop.

    Prints `ready` on a line of its own when every part is ready. Ctrl-C stops everything in order.

    Example: `footprint up --data-dir ./footprint-data`
    """
    from footprint.settings import current
    from footprint.supervisor.up import up as run

    run(current(data_dir=data_dir), exit_when_idle=exit_when_idle)
