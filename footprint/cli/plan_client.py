"""`footprint plan client`: a tracking plan as functions of a language."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Language(StrEnum):
    """What a client can be written in."""

    TYPESCRIPT = "typescript"
    PYTHON = "python"


def register(group: typer.Typer) -> None:
    """Add the command to the group."""
    group.command("client")(client)


def client(
    lang: Annotated[Language, typer.Option(help="`typescript` for pages with the snippet, `python` for servers.")],
    file: Annotated[Path | None, typer.Argument(help="The plan, YAML or JSON; without one the plan that holds for --site.")] = None,
    site: Annotated[str, typer.Option(help="Website whose plan is meant.")] = "",
    data_dir: Annotated[Path | None, typer.Option(help="Data folder of the collectors; FOOTPRINT_PLANS_DIR names another.")] = None,
) -> None:
    """Print a module with one function for each event of a plan, its properties typed as the plan says. The same plan gives the same module.

    Example: `footprint plan client --lang typescript --site shop > tracking.ts`
    """
    from collector.core.published_plans import parsed
    from footprint.cli.plan_published import text_that_holds
    from footprint.clients import written
    from footprint.plans import read_text, text_of

    if (file is None) is (not site):
        print("footprint: name either a file or --site.", file=sys.stderr)
        raise typer.Exit(2)
    text = text_of(file) if file is not None else text_that_holds(site, None, data_dir)
    read_text(text, str(file or f"The plan of {site}"))
    print(written(parsed(text), lang.value), end="")
