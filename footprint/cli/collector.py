"""`footprint collector`: HTTP in, topic out."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("collector")(collector)


def collector(
    data_dir: Annotated[Path | None, typer.Option(help="Data folder of the running `footprint up`.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on instead of FOOTPRINT_COLLECTOR_PORT.", min=1, max=65_535)] = None,
) -> None:
    """Take events over HTTP and answer 200 once Kafka has them on all replicas, or the spool while Kafka is away.

    SIGTERM answers what was taken and ends; SIGHUP reads keys and rules of sites again.

    Example: `FOOTPRINT_WRITE_KEYS=shop:KEY footprint collector --port 8000`
    """
    from footprint.parts.collector import run
    from footprint.settings import current

    run(current(data_dir=data_dir, collector_port=port))
