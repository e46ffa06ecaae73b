"""`footprint streams`: the stream processor."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("streams")(streams)


def streams(
    health_port: Annotated[int, typer.Option(help="Port of `/live`, `/ready` and `/metrics`; 0: none.")] = 0,
    worker: Annotated[
        int, typer.Option(help="Number of this worker on this machine, one of its own for each that runs at the same time.", min=1)
    ] = 1,
    data_dir: Annotated[Path | None, typer.Option(help="Data folder of the running `footprint up`.")] = None,
) -> None:
    """Run the visitors and subjects agents: enrich, sessionise, identify, score and signal, exactly once.

    Start as many workers as there are cores to use, at most one per partition: they share the partitions.

    Example: `footprint streams --health-port 8011 --worker 1`
    """
    from footprint.parts.streams import run
    from footprint.settings import current

    run(current(data_dir=data_dir), health_port=health_port, worker=worker)
