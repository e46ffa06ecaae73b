"""`footprint rules dry-run`: what another scoring model would change."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from footprint.dry_run import DryRun, Watch


def dry_run(
    file: Annotated[Path, typer.Argument(help="Scoring model, YAML.")],
    *,
    site: Annotated[str, typer.Option(help="Website whose history is taken.")],
    start: Annotated[str, typer.Option("--from", help="First time, UTC; who was seen since then is taken as a whole.")] = "1990-01-01",
    end: Annotated[str, typer.Option("--to", help="Last time, UTC; not given: now.")] = "",
    top: Annotated[int, typer.Option(min=0, max=1000, help="So many of those who would move most.")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    data_dir: Annotated[Path | None, typer.Option(help="Data folder of the running `footprint up`.")] = None,
) -> None:
    """Tell what a scoring model would change: how many change their band, who moves most and by which rules. Changes nothing.

    Both models are computed from the stored events. Then publish it, and `footprint replay --scores` moves everybody.

    Example: `footprint rules dry-run scores.yaml --site demo`
    """
    from footprint import models
    from footprint.dry_run import dry_run as carry_out
    from footprint.dry_run import rules_of
    from footprint.parts.rebuild import rescoring_of
    from footprint.rebuilding import now_ms
    from footprint.settings import current
    from sinks.clickhouse.cookbook import read_time

    model = models.load(file)
    if model.kind != "scores":
        print(f"footprint: {file} holds {model.kind}. Name a scoring model.", file=sys.stderr)
        raise typer.Exit(2)
    present = now_ms()
    seconds = {"from": int(read_time(start).timestamp()), "to": int(read_time(end).timestamp()) if end else present // 1000 + 1}
    times = {name: str(value) for name, value in seconds.items()}
    rescoring = rescoring_of(current(data_dir=data_dir), site, present)
    with _progress() as watch:
        found = carry_out(rescoring, rules_of(model.text), times, top=top, watch=watch)
    if as_json:
        print(json.dumps(found.as_json(), indent=2))
    else:
        _print(found, rescoring.rules.model.version)


def _print(found: "DryRun", runs: str) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    console.print(
        f"{found.subjects:,} subjects, {found.customers:,} of them customers: model {runs} against {found.version}", highlight=False
    )
    bands = Table("score", "band now", "band then", "subjects", title="Bands", title_justify="left")
    for score, moves in found.moves.items():
        for (before, after), count in sorted(moves.items()):
            bands.add_row(score, before, after, f"{count:,}", style="bold" if before != after else "dim")
    movers = Table("subject", "score", "now", "then", "bands", "because of", title="Who moves most", title_justify="left")
    for mover in found.movers:
        why = ", ".join(f"{rule} {points:+.1f}" for rule, points in mover.why)
        bands_of = f"{mover.band_before} > {mover.band_after}" if mover.band_before != mover.band_after else mover.band_after
        movers.add_row(*map(Text, (mover.subject, mover.score, f"{mover.before:.1f}", f"{mover.after:.1f}", bands_of, why)))
    console.print(bands)
    if found.movers:
        console.print(movers)


@contextmanager
def _progress() -> "Iterator[Watch]":
    """Show subjects done of subjects, where standard error is a terminal."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
        bar = progress.add_task("dry run", total=None)

        def watch(done: int, total: int) -> None:
            progress.update(bar, completed=done, total=total)

        yield watch
