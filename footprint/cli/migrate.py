"""`footprint migrate`: the store's schema."""

import json
from pathlib import Path
from typing import Annotated, Literal

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("migrate")(migrate)


def migrate(
    action: Annotated[
        Literal["apply", "status"], typer.Argument(help="`apply` what is pending, or tell the `status` of every version.")
    ] = "apply",
    *,
    plan: Annotated[bool, typer.Option("--plan", help="Print the statements that are pending; change nothing.")] = False,
    to: Annotated[int | None, typer.Option(min=1, help="Stop after this version; not given: the newest.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    data_dir: Annotated[Path | None, typer.Option(help="Data folder of the running `footprint up`.")] = None,
) -> None:
    """Bring the store's tables and views up to date. Does nothing the second time; refuses a store that is newer.

    Example: `footprint migrate`

    Example: `footprint migrate status`
    """
    from footprint.parts import migrate as part
    from footprint.settings import current

    settings = current(data_dir=data_dir)
    if action == "status":
        versions = {version.number: version.state for version in part.status(settings)}
        print(json.dumps(versions) if as_json else "\n".join(f"{number:>4}  {state}" for number, state in versions.items()))
    elif plan:
        pending = {number: text for number, text in part.statements(settings).items() if to is None or number <= to}
        listed = "\n".join(f"-- version {number}\n{text}" for number, text in pending.items())
        print(json.dumps(pending) if as_json else listed or "nothing to do: the schema is current")
    else:
        applied = list(part.migrate(settings, to=to))
        told = f"applied {', '.join(map(str, applied))}" if applied else "nothing to do: the schema is current"
        print(json.dumps({"applied": applied}) if as_json else told)
