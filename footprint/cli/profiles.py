"""`footprint profiles`: the part that keeps profiles and segments."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("profiles")(profiles)


def profiles(
    health_port: Annotated[int, typer.Option(help="Port of `/live`, `/ready` and `/metrics`; 0: none.")] = 0,
    worker: Annotated[
        int, typer.Option(help="Number of this worker on this machine, one of its own for each that runs at the same time.", min=1)
    ] = 1,
    data_dir: Annotated[Path | None, typer.Option(help="Data folder of the running `footprint up`.")] = None,
) -> None:
    """Keep what is known of each customer and visitor, and who is in which segment, exactly once.

    Example: `footprint profiles --health-port 8015`
    """
    from footprint.parts.profiles import run
    from footprint.settings import current

    run(current(data_dir=data_dir), health_port=health_port, worker=worker)
