"""`footprint segments`: named filters over profiles, and who is in them."""

import json as jsonlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

Site = Annotated[str, typer.Option(help="Website.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
DataDir = Annotated[Path | None, typer.Option(help="Data folder of the running `footprint up`.")]

COUNTS = """
SELECT segment, countIf(customer_id != '') AS customers, countIf(visitor_id != '') AS visitors, max(since) AS last_entry
FROM segments WHERE site = {site:String} GROUP BY segment ORDER BY segment
"""
MEMBERS = """
SELECT subject, since, why FROM segments
WHERE site = {site:String} AND segment = {segment:String} ORDER BY since DESC, subject LIMIT {limit:UInt32}
"""
CHANGES = """
SELECT toDate(since) AS day, countIf(state = 'in') AS entered, countIf(state = 'out') AS left FROM segment_changes
WHERE site = {site:String} AND segment = {segment:String} GROUP BY day ORDER BY day DESC LIMIT 14
"""


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    group = typer.Typer(help="Segments: named filters over profiles, and who is in them.", no_args_is_help=True)
    group.command("check")(check)
    group.command("publish")(publish)
    group.command("list")(list_)
    group.command("show")(show)
    app.add_typer(group, name="segments")


def check(file: Annotated[Path, typer.Argument(help="Segments, YAML.")], json: AsJson = False) -> None:
    """Say whether a file of segments can be used; exit 1 and every mistake with its line when not.

    Example: `footprint segments check segments.yaml`
    """
    from footprint.segments import load

    _, found = load(file)
    if json:
        print(jsonlib.dumps({"file": str(file), "version": found.version, "segments": list(found.segments)}))
    else:
        print(f"ok: {file}: version {found.version}, {len(found.segments)} segments: {', '.join(found.segments) or 'none'}")


def publish(
    file: Annotated[Path, typer.Argument(help="Segments, YAML.")],
    site: Site,
    wait: Annotated[float, typer.Option(help="Seconds to wait until the profiles go by them.", min=0)] = 30.0,
    json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Have a site's profiles judged by these segments, without a restart; everybody is judged once, as of now.

    A version is published once: what changes gets a new one. Exit 1 when the profiles do not follow in time; what was published is
    durable, and they go by it when they run.

    Example: `footprint segments publish segments.yaml --site demo`
    """
    from dataclasses import asdict

    from footprint import publishing, segments
    from footprint.settings import current

    settings = current(data_dir=data_dir)
    publishing.require_site(settings, site)
    done = segments.publish(settings, site, file, wait_s=wait)
    if json:
        print(jsonlib.dumps(asdict(done)))
    elif done.runs:
        print(f"Site {site}: segments {done.version} ({', '.join(done.segments) or 'none'}). They run.")
    else:
        print(
            f"Site {site}: segments {done.version}: published, and no profile goes by them yet. Look at `footprint doctor`.",
            file=sys.stderr,
        )
    if not done.runs:
        raise typer.Exit(1)


def list_(site: Site, json: AsJson = False, data_dir: DataDir = None) -> None:
    """Print the segments of a site and how many are in each, as far as the store knows.

    Example: `footprint segments list --site demo`
    """
    found = _published(site, data_dir)
    counts = {row["segment"]: row for row in _ask(COUNTS, data_dir, site=site)}
    rows = [{"segment": name, "customers": 0, "visitors": 0, "last_entry": None} | counts.get(name, {}) for name in found[1]]
    if json:
        print(jsonlib.dumps({"site": site, "version": found[0], "segments": rows}, default=str))
        return
    lines = [(str(row["segment"]), str(row["customers"]), str(row["visitors"]), str(row["last_entry"] or "")) for row in rows]
    _print_table(f"{site}: version {found[0]}", ("segment", "customers", "visitors", "last entry (UTC)"), lines)


def show(
    segment: Annotated[str, typer.Argument(help="Name of a segment; empty: print the YAML of all, a beginning for the next version.")] = "",
    site: Site = "demo",
    limit: Annotated[int, typer.Option(help="At most so many members, those first who entered last.", min=0)] = 50,
    json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Print who is in a segment, since when and why, with entries and exits of each day; without a name, what is published.

    Example: `footprint segments show warm --site demo`
    """
    if not segment:
        print(_published(site, data_dir)[2], end="")
        return
    members = _ask(MEMBERS, data_dir, site=site, segment=segment, limit=limit)
    days = _ask(CHANGES, data_dir, site=site, segment=segment)
    if json:
        print(jsonlib.dumps({"site": site, "segment": segment, "members": members, "days": days}, default=str))
        return
    lines = [(row["subject"], str(row["since"])[:19], "; ".join(row["why"])) for row in members]
    _print_table(f"{segment}: who is in it", ("subject", "since (UTC)", "why"), lines)
    _print_table("entries and exits", ("day", "entered", "left"), [tuple(map(str, row.values())) for row in days])


def _published(site: str, data_dir: Path | None) -> tuple[str, list[str], str]:
    """Return version, names and text of what a site has published; nothing published is an error that says how to."""
    from footprint.segments import running
    from footprint.settings import current
    from schemas.errors import Misconfigured
    from streams.core.segments import read_segments

    found = running(current(data_dir=data_dir), site)
    if found is None:
        raise Misconfigured(f"Site {site!r} has no segments. Publish some: footprint segments publish segments.yaml --site {site}")
    return found.version, list(read_segments(found.text).segments), found.text


def _ask(sql: str, data_dir: Path | None, **values: str | int) -> list[dict[str, Any]]:
    from footprint.asking import analyst_store
    from footprint.settings import current

    with analyst_store(current(data_dir=data_dir)) as store:
        return list(store.dicts(sql, values))


def _print_table(title: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*columns, title=Text(title), title_justify="left")
    for row in rows:
        table.add_row(*map(Text, row))
    Console().print(table)
