"""Small files of the data folder that commands write and running parts follow: one writer at a time, whole or not at all, for their owner only."""

import os
from io import TextIOWrapper
from pathlib import Path

from footprint.local.folder_lock import locked

LOCK_S = 5.0


def writing(path: Path) -> TextIOWrapper:
    """Take the right to write a file; closing what is returned gives it back. Raises Misconfigured when another command keeps it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return locked(path.with_name(f"{path.name}.lock"), taken=f"Another command writes {path}. Try again.", wait_s=LOCK_S)


def write(path: Path, content: bytes) -> None:
    """Put the content in the file's place: who reads finds the old one or the new one, also after a crash."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(scratch, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    scratch.replace(path)
