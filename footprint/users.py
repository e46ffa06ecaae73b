"""The console's users, made from the command line; a running console follows at the next click."""

import secrets
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from console.core.accounts import EVERY_SITE, NAME, Role, User, read_users, write_users
from console.core.ended import of_user
from console.passwords import SHORTEST, hash_password
from footprint import kept_file
from footprint.ended_file import EndedFile
from footprint.settings import SITE_NAME, Settings
from schemas.errors import Misconfigured

FIRST = "admin"


def ended_sessions(settings: Settings) -> EndedFile:
    """Return the sessions that were ended before their time."""
    return EndedFile(settings.data_dir / "sessions-ended")


def end_sessions(settings: Settings, name: str) -> None:
    """End every session of a name, also those that another service has vouched for."""
    now = int(time.time() * 1000)
    ended_sessions(settings).end(of_user(name, now), now)


def users_file(settings: Settings) -> Path:
    """Return where the users are kept."""
    return settings.users_file or settings.data_dir / "users.json"


def kept(path: Path) -> dict[str, User]:
    """Return the users of a file by name; none when there is no file."""
    try:
        return read_users(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise Misconfigured(f"{path} is no users file: {error}. Restore it, or remove it and make users anew.") from None


def create(path: Path, name: str, grants: Mapping[str, Role], password: str = "") -> str:
    """Make a user and return the password: the one given, else one made now, which nobody can read again."""
    if not NAME.fullmatch(name):
        raise Misconfigured(f"{name[:80]!r} is no name for a user. Write 1 to 100 letters, digits, and . _ @ + -.")
    chosen = _good(password) if password else secrets.token_urlsafe(15)
    now = int(time.time() * 1000)
    with kept_file.writing(path):
        known = kept(path)
        if name in known:
            raise Misconfigured(f"There is a user {name!r}. Change it with `footprint users grant` or `footprint users password`.")
        _write(path, known | {name: User(name, hash_password(chosen), _checked(grants), now, now)})
    return chosen


def create_first(path: Path) -> str:
    """Make the first administrator where nobody is known yet, and return the password; empty when there are users."""
    return "" if kept(path) else create(path, FIRST, {EVERY_SITE: "admin"})


def grant(path: Path, name: str, grants: Mapping[str, Role]) -> None:
    """Give a user these roles in place of all others, and end the user's sessions."""
    _change(path, name, grants=_checked(grants))


def set_password(path: Path, name: str, password: str = "") -> str:
    """Give a user another password, and end the user's sessions; returns it, made now when none is given."""
    chosen = _good(password) if password else secrets.token_urlsafe(15)
    _change(path, name, password=hash_password(chosen))
    return chosen


def revoke(path: Path, name: str) -> None:
    """Take a user away: signed out at the next click."""
    with kept_file.writing(path):
        known = _known(path, name)
        _write(path, {other: user for other, user in known.items() if other != name})


def _change(path: Path, name: str, **changed: object) -> None:
    with kept_file.writing(path):
        known = _known(path, name)
        _write(path, known | {name: replace(known[name], since=int(time.time() * 1000), **changed)})  # type: ignore[arg-type] # fields of User, by name


def _known(path: Path, name: str) -> dict[str, User]:
    known = kept(path)
    if name not in known:
        raise Misconfigured(f"There is no user {name!r}. `footprint users list` shows them.")
    return known


def _write(path: Path, users: Mapping[str, User]) -> None:
    kept_file.write(path, write_users(users.values()))


def _good(password: str) -> str:
    if len(password) < SHORTEST:
        raise Misconfigured(f"The password has {len(password)} characters. Take at least {SHORTEST}, or none to have one made.")
    return password


def _checked(grants: Mapping[str, Role]) -> dict[str, Role]:
    for site in grants:
        if site != EVERY_SITE and not SITE_NAME.fullmatch(site):
            raise Misconfigured(f"{site[:80]!r} is no name of a website. Write SITE=ROLE, or ROLE alone for every website.")
    if not grants:
        raise Misconfigured("A user needs a role. Write --role SITE=viewer, or --role viewer for every website.")
    return dict(grants)
