"""The file of sessions that were ended, shared by all consoles of a data folder and read again whenever it has changed."""

import os
from collections.abc import Mapping
from pathlib import Path

from console.core.ended import Ended, is_ended, read_ended, write_ended
from console.core.sessions import Session
from console.waiting import locked
from schemas.errors import Misconfigured, Retryable


class EndedFile:
    """The `EndedSessions` of `console.ports`. It holds the sign-outs of twelve hours: what is older is dropped with each new one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int, int] | None = None
        self._known: Mapping[str, int] = {}

    def end(self, ended: Ended, now_ms: int) -> None:
        """Keep it; see `console.ports.EndedSessions`."""
        try:
            with locked(self._path):
                self._replace(write_ended([*read_ended(self._path.read_bytes()), ended], now_ms))
        except OSError as error:
            raise Retryable(f"{self._path} cannot be written: {error.strerror}. Make room on the disk, and sign out again.") from error
        except ValueError as error:
            raise self._unreadable(error) from None

    def has(self, session: Session) -> bool:
        """Return whether it was ended; see `console.ports.EndedSessions`."""
        self._read()
        return is_ended(session, self._known)

    def _replace(self, content: bytes) -> None:
        """Put the content in the file's place, whole or not at all."""
        scratch = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        descriptor = os.open(scratch, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(self._path)

    def _read(self) -> None:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            self._stamp, self._known = None, {}
            return
        stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
        if stamp == self._stamp:
            return
        try:
            ended = read_ended(self._path.read_bytes())
        except (OSError, ValueError) as error:
            raise self._unreadable(error) from None
        self._known, self._stamp = {one.mark: one.before for one in sorted(ended, key=lambda one: one.before)}, stamp

    def _unreadable(self, error: Exception) -> Misconfigured:
        return Misconfigured(
            f"{self._path} is no file of ended sessions: {error}. Remove it, and give everybody a new sign-in: change the secret keys."
        )
