"""Entries of the audit log that wait for Kafka: a file of lines, synced, bounded, and appended to by several processes."""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from schemas.errors import Retryable

LONGEST = 16 * 1024 * 1024
"""Bytes that may wait: some hundred thousand entries."""
FULL = "The audit log cannot be written: {}. Nothing is shown that is not recorded; Kafka, or room on the disk, brings it back."


class WaitingFile:
    """Lines of a file and of its older half, `NAME.shipping`, which is being written to Kafka."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._shipping = path.with_name(f"{path.name}.shipping")

    @property
    def is_empty(self) -> bool:
        """True when nothing waits."""
        return not self.size

    @property
    def size(self) -> int:
        """Bytes that wait."""
        return _size(self._path) + _size(self._shipping)

    def append(self, line: bytes) -> None:
        """Keep a line; it is on the disk when this returns. Raises Retryable when there is no room for it."""
        try:
            with locked(self._path) as file:
                if os.fstat(file).st_size + len(line) > LONGEST:
                    raise Retryable(FULL.format("too many entries wait"))
                os.write(file, line + b"\n")
                os.fsync(file)
        except OSError as error:
            raise Retryable(FULL.format(error.strerror)) from error

    def take(self) -> Sequence[bytes]:
        """Return the lines that wait longest. They stay until `shipped`: who takes them twice has the same."""
        if not _size(self._shipping) and _size(self._path):
            with locked(self._path):
                self._path.replace(self._shipping)
        if not _size(self._shipping):
            return []
        whole, _, _ = self._shipping.read_bytes().rpartition(b"\n")  # a last line that was not finished was never promised
        return [line for line in whole.split(b"\n") if line]

    def shipped(self) -> None:
        """Forget the lines that were taken."""
        self._shipping.unlink(missing_ok=True)


@contextmanager
def locked(path: Path) -> Iterator[int]:
    """Hold the file that bears the name: it may be renamed while somebody waits for it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    while True:
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            if _is(file, path):
                yield file
                return
        finally:
            os.close(file)


def _is(file: int, path: Path) -> bool:
    try:
        return os.fstat(file).st_ino == path.stat().st_ino
    except FileNotFoundError:
        return False


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
