"""`footprint plan publish|list|show|diff`: the versions of a site's tracking plan."""

import json as jsonlib
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

Site = Annotated[str, typer.Option(help="Website.")]
File = Annotated[Path, typer.Argument(help="The plan, YAML or JSON.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
DataDir = Annotated[Path | None, typer.Option(help="Data folder of the collectors; FOOTPRINT_PLANS_DIR names another folder of plans.")]


def register(group: typer.Typer) -> None:
    """Add the commands to the group."""
    group.command("publish")(publish)
    group.command("list")(list_versions)
    group.command("show")(show)
    group.command("diff")(diff)


def publish(
    file: File,
    site: Site,
    note: Annotated[str, typer.Option(help="Why, for those who read the history.")] = "",
    json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Have a site's events held to a plan from now on: running collectors go by it within a second, without a restart.

    A version never changes; what holds already is not published again.

    Example: `footprint plan publish plan.yaml --site shop --note "seats of a subscription"`
    """
    from dataclasses import asdict

    from footprint.plans import Shelf, text_of
    from footprint.settings import current

    made = Shelf(current(data_dir=data_dir)).publish(site, text_of(file), by=_user(), note=note)
    print(jsonlib.dumps(asdict(made)) if json else f"Site {site}: version {made.version} holds, since {_moment(made.published_at)}.")


def list_versions(site: Site, json: Json = False, data_dir: DataDir = None) -> None:
    """List the versions of a site's plan, newest first: number, when, by whom, why.

    Example: `footprint plan list --site shop`
    """
    from footprint.plans import Shelf
    from footprint.settings import current

    found = Shelf(current(data_dir=data_dir)).versions(site)
    rows = [{"version": one.version, "published": _moment(one.published_at), "by": one.by, "note": one.note} for one in found]
    if json:
        print(jsonlib.dumps(rows, indent=2))
    elif rows:
        _print_table(rows)
    else:
        print(f"Site {site} has published no plan. `footprint plan publish FILE --site {site}` does.", file=sys.stderr)


def show(
    site: Site,
    version: Annotated[int | None, typer.Option(help="Which; the one that holds when none is given.", min=1)] = None,
    data_dir: DataDir = None,
) -> None:
    """Print a version of a site's plan as it was published.

    Example: `footprint plan show --site shop > plan.yaml`
    """
    print(text_that_holds(site, version, data_dir), end="")


def diff(
    file: File,
    site: Site,
    version: Annotated[
        int | None, typer.Option(help="Hold the file against this version; the one that holds when none is given.", min=1)
    ] = None,
    json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Say what a file would change in a site's plan, and what of it is stricter: events that pass today may break it.

    Example: `footprint plan diff plan.yaml --site shop`
    """
    from dataclasses import asdict

    from collector.core.published_plans import parsed
    from console.core.plan_changes import changes
    from footprint.plans import read_text, text_of

    text = text_of(file)
    read_text(text, str(file))
    found = changes(parsed(text_that_holds(site, version, data_dir)), parsed(text))
    if json:
        print(jsonlib.dumps([asdict(one) for one in found], indent=2))
        return
    for one in found:
        print(f"{'!' if one.stricter else ' '} {one.event or 'the plan'}: {one.what}")
    print(f"{len(found)} changes, {sum(one.stricter for one in found)} of them (!) stricter" if found else "no change", file=sys.stderr)


def text_that_holds(site: str, version: int | None, data_dir: Path | None) -> str:
    """Return a version of a site's plan; without a number the plan that holds. Raises Misconfigured when there is none."""
    from footprint.plans import Shelf
    from footprint.settings import current
    from schemas.errors import Misconfigured

    shelf = Shelf(current(data_dir=data_dir))
    if version is None:
        found = shelf.current(site)
        text = found.text if found else shelf.settled(site)
    else:
        text = next((one.text for one in shelf.versions(site) if one.version == version), "")
    if not text:
        what = "plan" if version is None else f"version {version} of a plan"
        raise Misconfigured(f"Site {site!r} has no {what}. `footprint plan list --site {site}` shows what was published.")
    return text


def _user() -> str:
    from getpass import getuser

    try:
        return getuser()
    except (KeyError, OSError):  # a container's user need not have a name
        return "command line"


def _moment(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="seconds")


def _print_table(rows: list[dict[str, object]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("version", "published (UTC)", "by", "note")
    for row in rows:
        table.add_row(*(Text(str(value)) for value in row.values()))
    Console().print(table)
