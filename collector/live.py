"""Keys, suppressions and published plans that change while the collector runs: files, looked at twice a second, so that no restart is needed."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import structlog

from collector.core.keyring import Keyring, read_keys
from collector.core.plans import Plan
from collector.core.suppression import Suppressions, read_entries
from collector.plan_folder import PlanFolder
from schemas.errors import Misconfigured

log = structlog.get_logger()

INTERVAL_S = 0.5

Stamp = tuple[int, int, int] | None


@dataclass(frozen=True, slots=True)
class LivePaths:
    """Where the files are; each may be missing, which is an empty one. `suppression_key` holds the key of the entries, `plans` is a folder."""

    keys: Path
    suppressions: Path
    suppression_key: Path
    plans: Path | None = None


class LiveFiles:
    """What the files say now. A file that cannot be read leaves what was known before."""

    def __init__(self, paths: LivePaths | None = None) -> None:
        self._paths = paths
        self._stamps: dict[Path, Stamp] = {}
        self._task: asyncio.Task[None] | None = None
        self._folder = PlanFolder(paths.plans) if paths is not None and paths.plans is not None else None
        self.keyring = Keyring()
        self.suppressions = Suppressions()
        self.on_plans: Callable[[], None] = lambda: None
        """Called when the published plans have changed."""

    @property
    def plans(self) -> Mapping[str, Plan]:
        """The published plans, by site."""
        return self._folder.plans if self._folder is not None else {}

    def read(self) -> None:
        """Read what has changed; raises Misconfigured when a file is not what it should be."""
        if self._paths is not None:
            self._read(self._paths.keys, self._put_keys)
            self._read(self._paths.suppressions, self._put_suppressions)
        if self._folder is not None:
            self._read_plans(self._folder)

    async def start(self) -> None:
        """Read the files, and again whenever they change."""
        self.read()
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(INTERVAL_S)
            try:
                self.read()
            except Misconfigured as error:
                log.error("live_file_unreadable", reason=str(error))  # noqa: TRY400 - the reason says all; it is the operator's file

    def _read(self, path: Path, put: Callable[[bytes], None]) -> None:
        try:
            stamp = _stamp(path)
            if stamp == self._stamps.get(path):
                return
            self._stamps[path] = stamp  # also of a bad one: it is complained about once
            put(path.read_bytes() if stamp else b"")
        except (OSError, ValueError) as error:
            raise Misconfigured(f"{path} cannot be read: {error}. Restore it, or remove it to begin with an empty one.") from None

    def _read_plans(self, folder: PlanFolder) -> None:
        before = folder.plans
        try:
            folder.read()
        finally:  # one site's mistake holds up no other
            if folder.plans is not before:
                self.on_plans()

    def _put_keys(self, content: bytes) -> None:
        self.keyring = Keyring(read_keys(content))

    def _put_suppressions(self, content: bytes) -> None:
        assert self._paths is not None
        entries = read_entries(content)
        secret = self._paths.suppression_key.read_text("ascii").strip() if entries else ""
        self.suppressions = Suppressions(secret, entries)


def _stamp(path: Path) -> Stamp:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
