"""`footprint migrate`: the store's schema."""

import json
from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("migrate")(migrate)


def migrate(
    data_dir: Annotated[Path | None, typer.Option(help="Data folder of the running `footprint up`.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the applied versions as JSON.")] = False,
) -> None:
    """Bring the store's tables and views up to date. Does nothing the second time; refuses a store that is newer.

    Example: `footprint migrate`
    """
    from footprint.parts.migrate import migrate as apply
    from footprint.settings import current

    applied = list(apply(current(data_dir=data_dir)))
    if as_json:
        print(json.dumps({"applied": applied}))
    else:
        print(f"applied {', '.join(map(str, applied))}" if applied else "nothing to do: the schema is current")
