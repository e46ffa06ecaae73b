"""`footprint webhooks`: signals and escalations of tasks to the addresses that are told of them."""

import sys
from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("webhooks")(webhooks)


def webhooks(
    health_port: Annotated[int, typer.Option(help="Port of `/live`, `/ready` and `/metrics`; 0: none.")] = 0,
    test: Annotated[
        str, typer.Option(help="Make one call with an example to the address of this name, say what it answered, and end.")
    ] = "",
    data_dir: Annotated[Path | None, typer.Option(help="Data folder of the running `footprint up`.")] = None,
) -> None:
    """Make one signed HTTP call for each signal that fires, or task not done in time, and each `[webhooks.NAME]` of the settings file, until it is accepted.

    Runs as a part of `footprint up` where there is an address.

    Example: `footprint webhooks --test crm`
    """
    from footprint.logs import configure
    from footprint.parts import webhooks as part
    from footprint.settings import current

    settings = current(data_dir=data_dir)
    configure(part="webhooks", level=settings.log_level, form=settings.log_format)
    if not test:
        part.run(settings, health_port=health_port)
        return
    accepted, said = part.try_out(settings, test)
    print(said, file=sys.stdout if accepted else sys.stderr)
    if not accepted:
        raise typer.Exit(1)
