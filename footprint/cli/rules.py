"""`footprint rules`: scoring models and triggers."""

import json as jsonlib
from pathlib import Path
from typing import Annotated

import typer

from footprint.cli.dry_run import dry_run


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    group = typer.Typer(help="Scoring models and triggers: what events are worth, and when somebody is told.", no_args_is_help=True)
    group.command("check")(check)
    group.command("dry-run")(dry_run)
    app.add_typer(group, name="rules")


def check(
    files: Annotated[list[Path], typer.Argument(help="Scoring models or triggers, YAML.")],
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say whether files can be used; exit 1 and every mistake with its line when not. Files that are named together must fit.

    Example: `footprint rules check scores.yaml triggers.yaml`
    """
    from footprint import models
    from schemas.errors import Misconfigured

    wrong, found = [], []
    for path in files:
        try:
            found.append(models.load(path))
        except Misconfigured as error:
            wrong.append(str(error))
    if wrong:
        raise Misconfigured("\n".join(["there are mistakes.", *wrong]))
    models.check_together(found)
    if json:
        print(jsonlib.dumps([{"file": one.name, "kind": one.kind, "version": one.version} for one in found]))
    else:
        for one in found:
            print(f"ok: {one.name}: {one.kind}, version {one.version}")
