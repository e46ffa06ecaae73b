"""`footprint console`: the read-only pages."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("console")(console)


def console(
    data_dir: Annotated[Path | None, typer.Option(help="Data folder of the running `footprint up`.")] = None,
) -> None:
    """Serve the console: health of every part, lag, and the newest events.

    Example: `footprint console --data-dir ./footprint-data`
    """
    from footprint.parts.console import run
    from footprint.settings import current

    run(current(data_dir=data_dir))
