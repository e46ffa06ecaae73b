"""`footprint users`: who may sign in to the console."""

import json as jsonlib
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from console.core.accounts import Role

Name = Annotated[str, typer.Argument(help="Name to sign in with.")]
Roles = Annotated[
    list[str], typer.Option("--role", help="`SITE=ROLE`, or `ROLE` for every website; viewer, analyst or admin. Give it several times.")
]
DataDir = Annotated[Path | None, typer.Option(help="Data folder of the console; FOOTPRINT_USERS_FILE names another file.")]
FromInput = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input instead of making one.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    group = typer.Typer(
        help="Users of the console: make, list, change and revoke them; a running console follows at once.", no_args_is_help=True
    )
    group.command("create")(create)
    group.command("list")(list_users)
    group.command("grant")(grant)
    group.command("password")(password)
    group.command("revoke")(revoke)
    app.add_typer(group, name="users")


def create(name: Name, role: Roles, password_stdin: FromInput = False, data_dir: DataDir = None) -> None:
    """Make a user and print the password. It is shown this once; only its hash is kept.

    Example: `footprint users create ada --role shop=analyst`
    """
    from footprint import users

    made = users.create(_file(data_dir), name, _grants(role), _read_password() if password_stdin else "")
    _note(data_dir, f"created {name}: {', '.join(role)}")
    print(f"{name} may sign in." if password_stdin else made)


def list_users(
    data_dir: DataDir = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the users: name, roles, when made.

    Example: `footprint users list --json`
    """
    from footprint import users

    rows = [
        {
            "name": user.name,
            "roles": ", ".join(f"{site}={role}" for site, role in sorted(user.grants.items())),
            "made": datetime.fromtimestamp(user.made_at / 1000, UTC).isoformat(timespec="seconds"),
        }
        for user in users.kept(_file(data_dir)).values()
    ]
    if json:
        print(jsonlib.dumps(rows, indent=2))
    else:
        _print_table(rows)


def grant(name: Name, role: Roles, data_dir: DataDir = None) -> None:
    """Give a user these roles in place of all others, and end the user's sessions.

    Example: `footprint users grant ada --role shop=viewer --role blog=admin`
    """
    from footprint import users

    users.grant(_file(data_dir), name, _grants(role))
    _note(data_dir, f"granted {name}: {', '.join(role)}")
    print(f"{name} has the new roles, and signs in anew.")


def password(name: Name, password_stdin: FromInput = False, data_dir: DataDir = None) -> None:
    """Give a user another password, print it, and end the user's sessions.

    Example: `footprint users password ada`
    """
    from footprint import users

    made = users.set_password(_file(data_dir), name, _read_password() if password_stdin else "")
    _note(data_dir, f"new password of {name}")
    print(f"{name} has the new password." if password_stdin else made)


def revoke(name: Name, data_dir: DataDir = None) -> None:
    """Take a user away: signed out at the next click, in every browser.

    Example: `footprint users revoke ada`
    """
    from footprint import users
    from footprint.settings import current

    users.end_sessions(current(data_dir=data_dir), name)
    users.revoke(_file(data_dir), name)
    _note(data_dir, f"revoked {name}")
    print(f"{name} may not sign in any more.")


def _note(data_dir: Path | None, detail: str) -> None:
    from footprint.auditing import note
    from footprint.settings import current
    from schemas.audit import Action

    note(current(data_dir=data_dir), Action.CHANGED_USERS, detail)


def _file(data_dir: Path | None) -> Path:
    from footprint import users
    from footprint.settings import current

    return users.users_file(current(data_dir=data_dir))


def _grants(told: list[str]) -> dict[str, Role]:
    from console.core.accounts import EVERY_SITE, ROLES
    from schemas.errors import Misconfigured

    found: dict[str, Role] = {}
    for one in told:
        site, _, role = one.rpartition("=")
        known = next((known for known in ROLES if known == role), None)
        if known is None:
            raise Misconfigured(f"{role[:80]!r} is no role. Write one of {', '.join(ROLES)}.")
        found[site or EVERY_SITE] = known
    return found


def _read_password() -> str:
    return sys.stdin.readline().rstrip("\n")


def _print_table(rows: list[dict[str, str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("name", "roles", "made (UTC)")
    for row in rows:
        table.add_row(*map(Text, row.values()))
    Console().print(table)
