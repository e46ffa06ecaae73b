"""The file of sessions that were ended, shared by all consoles of a data folder and read again whenever it has changed."""

from collections.abc import Mapping
from pathlib import Path

from console.core.ended import Ended, is_ended, read_ended, write_ended
from console.core.sessions import Session
from console.followed_file import FollowedFile
from console.waiting import locked
from footprint import kept_file
from schemas.errors import Misconfigured, Retryable


class EndedFile:
    """The `EndedSessions` of `console.ports`. It holds the sign-outs of twelve hours: what is older is dropped with each new one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._followed: FollowedFile[Mapping[str, int]] = FollowedFile(path, _known, {})

    def end(self, ended: Ended, now_ms: int) -> None:
        """Keep it; see `console.ports.EndedSessions`."""
        try:
            with locked(self._path):
                kept_file.write(self._path, write_ended([*read_ended(self._path.read_bytes()), ended], now_ms))
        except OSError as error:
            raise Retryable(f"{self._path} cannot be written: {error.strerror}. Make room on the disk, and sign out again.") from error
        except ValueError as error:
            raise self._unreadable(error) from None

    def has(self, session: Session) -> bool:
        """Return whether it was ended; see `console.ports.EndedSessions`."""
        try:
            return is_ended(session, self._followed.content())
        except (OSError, ValueError) as error:
            raise self._unreadable(error) from None

    def _unreadable(self, error: Exception) -> Misconfigured:
        return Misconfigured(
            f"{self._path} is no file of ended sessions: {error}. Remove it, and give everybody a new sign-in: change the secret keys."
        )


def _known(content: bytes) -> Mapping[str, int]:
    """Return by mark up to when sessions that began before it are over: of several the last."""
    return {one.mark: one.before for one in sorted(read_ended(content), key=lambda one: one.before)}
