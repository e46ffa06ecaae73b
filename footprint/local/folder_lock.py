"""A lock on a folder that goes with the process that holds it, however that ends."""

import fcntl
import time
from io import TextIOWrapper
from pathlib import Path

from schemas.errors import Misconfigured


def locked(path: Path, *, taken: str, wait_s: float = 0.0) -> TextIOWrapper:
    """Take the lock and return its open file: closing it gives the lock back.

    Raises Misconfigured with the message `taken` when another process holds it for longer than `wait_s`.
    """
    file = path.open("a", encoding="ascii")
    deadline = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                file.close()
                raise Misconfigured(taken) from None
            time.sleep(0.05)
        else:
            return file
