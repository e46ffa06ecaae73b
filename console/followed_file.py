"""A small file that others write, read again whenever it has changed."""

from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

Content = TypeVar("Content")


class FollowedFile(Generic[Content]):
    """What a file says now; `nothing` while there is no file."""

    def __init__(self, path: Path, read: Callable[[bytes], Content], nothing: Content) -> None:
        self._path, self._read, self._nothing = path, read, nothing
        self._stamp: tuple[int, int, int] | None = None
        self._content = nothing

    def content(self) -> Content:
        """Return it; raises OSError or ValueError when the file cannot be read, and again until it can."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            self._stamp, self._content = None, self._nothing
            return self._content
        stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
        if stamp != self._stamp:
            self._content, self._stamp = self._read(self._path.read_bytes()), stamp
        return self._content
