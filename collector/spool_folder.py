"""Where the spool of each worker lies: `<root>/<worker>/`, locked by the process that writes it, adopted when that is gone."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from io import BufferedWriter
from itertools import count
from pathlib import Path

import structlog

from schemas.errors import Misconfigured

log = structlog.get_logger()

SUFFIX = ".frames"
LOCK = "lock"
TRIAL = "trial"


class SpoolFolder:
    """The folder of one worker under `root`. `siblings` are workers that are started again by themselves: they keep theirs."""

    def __init__(self, root: Path, worker: str, *, siblings: frozenset[str] = frozenset()) -> None:
        self._root = root
        self._worker = worker
        self._siblings = siblings
        self._lock: BufferedWriter | None = None
        self._last = 0
        self.path = root / worker

    def open(self) -> list[Path]:
        """Lock a folder of the worker's own and return its segments in order; Misconfigured when none can be made."""
        try:
            self._lock = self._first_free()
        except OSError as error:
            raise Misconfigured(
                f"No spool can be made in {self._root}: {error.strerror}. Correct FOOTPRINT_DATA_DIR or FOOTPRINT_SPOOL_DIR, or do without: FOOTPRINT_SPOOL_MAX_BYTES=0."
            ) from None
        found = _segments(self.path)
        self._last = max((int(path.stem) for path in found), default=0)
        return found

    def adopt(self, about_to: Callable[[], None]) -> Iterator[Path]:
        """Move here, one by one, the segments of workers that no longer run; `about_to` is called before the first."""
        for folder in sorted(self._root.iterdir()):
            if folder == self.path or folder.name in self._siblings or not _segments(folder):
                continue
            lock = _locked(folder)
            if lock is not None:
                with lock:
                    about_to()
                    yield from self._move(folder)

    def next_path(self) -> Path:
        """Return the name of a new segment, behind all others."""
        self._last += 1
        return self.path / f"{self._last:012d}{SUFFIX}"

    def try_to_write(self, size: int) -> None:
        """Write and sync so many bytes, and remove them; raises OSError when that fails."""
        path = self.path / TRIAL
        try:
            with path.open("wb") as file:
                file.write(bytes(size))
                file.flush()
                os.fdatasync(file.fileno())
        finally:
            with suppress(OSError):
                path.unlink(missing_ok=True)

    def close(self) -> None:
        """Give the lock back."""
        if self._lock is not None:
            self._lock.close()

    def _first_free(self) -> BufferedWriter:
        """Another collector on the same data folder may have this number: then the next free name is taken."""
        self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
        for number in count(1):
            self.path = self._root / (self._worker if number == 1 else f"{self._worker}.{number}")
            self.path.mkdir(exist_ok=True, mode=0o700)
            lock = _locked(self.path)
            if lock is not None:
                return lock
        raise AssertionError("counting has no end")

    def _move(self, folder: Path) -> Iterator[Path]:
        log.warning("spool_adopted", folder=str(folder))
        for path in _segments(folder):
            yield path.rename(self.next_path())
        sync_folder(self.path)
        sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Return once the names in a folder are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _segments(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{SUFFIX}"))


def _locked(folder: Path) -> BufferedWriter | None:
    file = (folder / LOCK).open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file
