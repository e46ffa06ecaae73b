"""The users file, read again whenever it has changed: a user who is taken away is out at the next click."""

from collections.abc import Mapping
from pathlib import Path

from console.core.accounts import User, read_users
from console.followed_file import FollowedFile
from schemas.errors import Misconfigured


class UsersFile:
    """The users of a file that `footprint users` writes; none while there is no file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._followed: FollowedFile[Mapping[str, User]] = FollowedFile(path, read_users, {})

    def find(self, name: str) -> User | None:
        """Return the user of a name; raises Misconfigured when the file cannot be read."""
        try:
            return self._followed.content().get(name)
        except (OSError, ValueError) as error:
            raise Misconfigured(f"{self._path} is no users file: {error}. Restore it, or make users anew with `footprint users`.") from None
