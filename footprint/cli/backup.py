"""`footprint backup`: the store in one file, and back."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from footprint.backup.engine import Watch

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
DataDir = Annotated[Path | None, typer.Option(help="Data folder; what does not run there is started for this command.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    group = typer.Typer(name="backup", help="Back the store up, and put a backup back. Example: `footprint backup create`")
    group.command("create")(create)
    group.command("restore")(restore)
    group.command("refill")(refill)
    group.command("list")(list_)
    app.add_typer(group)


def create(
    *,
    name: Annotated[str, typer.Option(help="Name of the backup; not given: the time.")] = "",
    disk: Annotated[
        str, typer.Option(help="Disk of a ClickHouse server that its configuration allows for backups; not given: a file here.")
    ] = "",
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Write the whole store into `backups/NAME` of the data folder, with the place of the sink in Kafka. Nothing stops meanwhile.

    Example: `footprint backup create --name before-upgrade`
    """
    from footprint.backup.run import create as carry_out
    from footprint.settings import current

    with _progress("backup") as watch:
        made = carry_out(current(data_dir=data_dir), name=name, disk=disk, watch=watch)
    if as_json:
        print(json.dumps(asdict(made), indent=2))
    else:
        print(f"{made.name}: {made.rows:,} rows of {len(made.tables)} tables, {made.bytes:,} bytes")
        print("It holds no secrets: keep a copy of `secrets` and `suppressed` of the data folder elsewhere.")


def restore(
    source: Annotated[str, typer.Argument(help="Name of a backup, or the folder that holds it.")],
    *,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Put a backup into an empty store. The sink then goes on from its place of that time; who was forgotten since is erased again.

    Example: `footprint backup restore before-upgrade`
    """
    from footprint.backup.run import restore as carry_out
    from footprint.settings import current

    with _progress("restore") as watch:
        done = carry_out(current(data_dir=data_dir), source, watch=watch)
    if as_json:
        found = asdict(done)
        print(
            json.dumps(
                {"name": done.manifest.name, "rows": done.manifest.rows, **{part: found[part] for part in ("again", "erased", "differing")}}
            )
        )
        return
    print(
        f"{done.manifest.name} of {done.manifest.created_at}: {done.manifest.rows:,} rows are back, {done.again:,} records come again from Kafka"
    )
    if done.erased:
        print(f"{done.erased:,} rows of people who were forgotten since were removed again")
    for part in done.differing:
        print(
            f"footprint: {part} is not what it was when the backup was made; docs/operations/backup.md says what follows.", file=sys.stderr
        )


def refill(*, as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Have the sink store everything that Kafka still holds, into an empty store: for one that was lost without a backup.

    The line must not run. What Kafka has removed by retention does not come back.

    Example: `footprint backup refill`
    """
    from footprint.backup.run import refill as carry_out
    from footprint.settings import current

    records = carry_out(current(data_dir=data_dir))
    print(json.dumps({"again": records}) if as_json else f"{records:,} records come again from Kafka when the line starts")


def list_(*, as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """List the backups of a data folder, newest first.

    Example: `footprint backup list`
    """
    from footprint.backup.manifest import found_in
    from footprint.settings import current

    found = found_in(current(data_dir=data_dir).data_dir)
    if as_json:
        print(json.dumps([asdict(one) for one in found], indent=2))
        return
    for one in found:
        print(
            f"{one.name}  {one.created_at}  {one.rows:,} rows  {one.bytes:,} bytes  footprint {one.program}{f'  on {one.disk}' if one.disk else ''}"
        )
    if not found:
        print("no backups: make one with `footprint backup create`", file=sys.stderr)


@contextmanager
def _progress(what: str) -> "Iterator[Watch]":
    """Show bytes done of bytes, where standard error is a terminal."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
        bar = progress.add_task(what, total=None)

        def watch(done: int, total: int) -> None:
            progress.update(bar, completed=done, total=total or None)

        yield watch
