"""`footprint doctor`: whether everything a line needs is there."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("doctor")(doctor)


def doctor(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per check.")] = False,
    data_dir: Annotated[Path | None, typer.Option(help="Data folder of the running `footprint up`.")] = None,
) -> None:
    """Check everything a line needs: settings, Kafka (topics, copies, retention), the store (schema, retention, erasures, clock), the running parts (lag, watermark, state per partition), spool, backups, keys, certificates, compiled cores and disk.

    One line each: `ok`, or what to do. Exit code 1 when there is something to do.

    Example: `footprint doctor --data-dir ./footprint-data`
    """
    from footprint.doctor import examine
    from footprint.settings import current
    from schemas.codec import dumps

    well = True
    for finding in examine(lambda: current(data_dir=data_dir)):
        well = well and finding.ok
        plain = f"{finding.check:<11}{'ok     ' if finding.ok else 'not ok '}{finding.says}"
        print(dumps(finding.as_json()).decode() if as_json else plain, flush=True)
    if not well:
        raise typer.Exit(1)
