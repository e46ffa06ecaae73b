"""The users file, read again whenever it has changed: a user who is taken away is out at the next click."""

from collections.abc import Mapping
from pathlib import Path

from console.core.accounts import User, read_users
from schemas.errors import Misconfigured


class UsersFile:
    """The users of a file that `footprint users` writes; none while there is no file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int, int] | None = None
        self._users: Mapping[str, User] = {}

    def find(self, name: str) -> User | None:
        """Return the user of a name; raises Misconfigured when the file cannot be read."""
        self._read()
        return self._users.get(name)

    def _read(self) -> None:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            self._stamp, self._users = None, {}
            return
        stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
        if stamp == self._stamp:
            return
        try:
            self._users, self._stamp = read_users(self._path.read_bytes()), stamp
        except (OSError, ValueError) as error:
            raise Misconfigured(f"{self._path} is no users file: {error}. Restore it, or make users anew with `footprint users`.") from None
