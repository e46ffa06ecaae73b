"""`footprint rules`: scoring models and triggers."""

import json as jsonlib
import sys
from pathlib import Path
from typing import Annotated

import typer

from footprint.cli.dry_run import dry_run


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    group = typer.Typer(help="Scoring models and triggers: what events are worth, and when somebody is told.", no_args_is_help=True)
    group.command("check")(check)
    group.command("dry-run")(dry_run)
    group.command("publish")(publish)
    group.command("show")(show)
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


def publish(
    files: Annotated[list[Path], typer.Argument(help="A scoring model, triggers, or one of each.")],
    site: Annotated[str, typer.Option(help="Website that runs them from now on.")],
    wait: Annotated[float, typer.Option(help="Seconds to wait until the streams go by them.", min=0)] = 30.0,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    data_dir: Annotated[Path | None, typer.Option(help="Data folder of the running `footprint up`.")] = None,
) -> None:
    """Have a site run other scoring models or triggers, without a restart: every event received after this goes by them.

    A version is published once: what changes gets a new one. Exit 1 when the streams do not follow in time; what was published is
    durable, and they go by it when they run.

    Example: `footprint rules publish scores.yaml --site demo`
    """
    from dataclasses import asdict

    from footprint import models, publishing
    from footprint.settings import current

    settings = current(data_dir=data_dir)
    publishing.require_site(settings, site)
    done = publishing.publish(settings, site, [models.load(path) for path in files], wait_s=wait)
    told = f"Site {site}: scoring model {done.version}, triggers {done.triggers_version or 'none'}"
    if json:
        print(jsonlib.dumps(asdict(done)))
    elif done.runs:
        print(f"{told}. They run. `footprint replay --scores --site {site}` gives everybody the scores that the new model says.")
    else:
        print(f"{told}: published, and no stream goes by them yet. Look at `footprint doctor`.", file=sys.stderr)
    if not done.runs:
        raise typer.Exit(1)


def show(
    site: Annotated[str, typer.Option(help="Website.")],
    kind: Annotated[str, typer.Option(help="`scores` or `triggers`.")] = "scores",
    data_dir: Annotated[Path | None, typer.Option(help="Data folder of the running `footprint up`.")] = None,
) -> None:
    """Print the scoring model or the triggers that a site runs, as YAML: a beginning for the next version.

    Example: `footprint rules show --site demo > scores.yaml`
    """
    from footprint import models, publishing
    from footprint.settings import current

    if kind not in ("scores", "triggers"):
        print(f"footprint: there are no {kind!r}. Say --kind scores or --kind triggers.", file=sys.stderr)
        raise typer.Exit(2)
    settings = current(data_dir=data_dir)
    found = publishing.running(settings, site) or models.texts_of(settings, site)
    print(getattr(found, kind), end="")
