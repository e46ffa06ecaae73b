"""`footprint sink`: topics into ClickHouse."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("sink")(sink)


def sink(
    health_port: Annotated[int, typer.Option(help="Port of `/live`, `/ready` and `/metrics`; 0: none.")] = 0,
    data_dir: Annotated[Path | None, typer.Option(help="Data folder of the running `footprint up`.")] = None,
) -> None:
    """Store the topics in ClickHouse, each record once, over any crash. Ctrl-C stores what is there, then stops.

    Start as many as there are cores to use: they share the partitions.

    Example: `footprint sink --health-port 8012`
    """
    from footprint.logs import configure
    from footprint.parts.sink import run
    from footprint.settings import current

    settings = current(data_dir=data_dir)
    configure(part="sink", level=settings.log_level, form=settings.log_format)
    run(settings, health_port=health_port)
