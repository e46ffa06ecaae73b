"""Hand-over tokens that were used: each names a visitor once, in whichever of a machine's collectors it arrives."""

import os
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import structlog

from collector.core.visitor_tokens import LIFETIME_S

log = structlog.get_logger()

MOST = 100_000
"""Files that one collector makes in a lifetime: somebody who asks for tokens without end fills no disk."""


class UsedTokens:
    """Remembers used tokens as empty files of `folder`; without a folder nothing is remembered."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._swept_s = 0
        self._made = 0

    def use(self, token: str, now_ms: int) -> bool:
        """Return true the first time that a token is used, of all collectors that share the folder. One that cannot be remembered is not good."""
        if self._folder is None:
            return True
        try:
            self._sweep(self._folder, now_ms // 1000)
            return self._made < MOST and self._remember(self._folder / sha256(token.encode("utf-8", "replace")).hexdigest()[:32])
        except OSError as error:
            log.error("used_tokens_unwritable", reason=str(error))  # noqa: TRY400 - the reason says all; it is the operator's disk
            return False

    def _remember(self, path: Path) -> bool:
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError:
            return False
        self._made += 1
        return True

    def _sweep(self, folder: Path, now_s: int) -> None:
        """Remove, once in a lifetime, what is older than one: no token is good for longer."""
        if abs(now_s - self._swept_s) <= LIFETIME_S:
            return
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._swept_s, self._made = now_s, 0
        for path in folder.iterdir():
            with suppress(FileNotFoundError):  # another collector of this machine was faster
                if now_s - path.stat().st_mtime > 2 * LIFETIME_S:
                    path.unlink()
