"""`footprint keys`: write keys, and secret keys for reading."""

import json as jsonlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

Site = Annotated[str, typer.Option(help="Website.")]
DataDir = Annotated[Path | None, typer.Option(help="Data folder of the collectors; FOOTPRINT_KEYS_FILE names another file.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    group = typer.Typer(help="Keys: make, list and revoke them; running collectors follow within a second.", no_args_is_help=True)
    group.command("create")(create)
    group.command("list")(list_keys)
    group.command("revoke")(revoke)
    app.add_typer(group, name="keys")


def create(
    site: Site,
    secret: Annotated[bool, typer.Option("--secret", help="A key for reading on servers; it cannot write.")] = False,
    data_dir: DataDir = None,
    json: AsJson = False,
) -> None:
    """Make a key and print it. It is shown this once; only its hash is kept.

    Example: `footprint keys create --site shop`
    """
    from footprint import keys
    from footprint.settings import current

    key = keys.create(keys.keys_file(current(data_dir=data_dir)), site, "secret" if secret else "write")
    print(jsonlib.dumps({"site": site, "kind": "secret" if secret else "write", "key": key}) if json else key)


def list_keys(
    site: Annotated[str, typer.Option(help="Only this website.")] = "",
    data_dir: DataDir = None,
    json: AsJson = False,
) -> None:
    """List the keys that were made: site, kind, how it begins, when. Those of footprint.toml stand there.

    Example: `footprint keys list --json`
    """
    from footprint import keys
    from footprint.settings import current

    found = [key for key in keys.kept(keys.keys_file(current(data_dir=data_dir))) if site in ("", key.site)]
    rows = [
        {
            "site": key.site,
            "kind": key.kind,
            "begins": key.hint,
            "made": datetime.fromtimestamp(key.made_at / 1000, UTC).isoformat(timespec="seconds"),
        }
        for key in found
    ]
    if json:
        print(jsonlib.dumps(rows, indent=2))
    else:
        _print_table(rows)


def revoke(
    key: Annotated[str, typer.Argument(help="The key, or how it begins.")],
    site: Site,
    data_dir: DataDir = None,
) -> None:
    """Take a key back: collectors refuse it within a second.

    Example: `footprint keys revoke fp_w_x7Rt21 --site shop`
    """
    from footprint import keys
    from footprint.settings import current

    gone = keys.revoke(keys.keys_file(current(data_dir=data_dir)), site, key)
    print(f"Revoked the {gone.kind} key {gone.hint}... of site {gone.site}.")


def _print_table(rows: list[dict[str, str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("site", "kind", "begins", "made (UTC)")
    for row in rows:
        table.add_row(*map(Text, row.values()))
    Console().print(table)
