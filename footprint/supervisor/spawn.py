"""Starts and ends child processes so that none is ever left behind."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from footprint.supervisor.part import Child, Part, log_of

PR_SET_PDEATHSIG = 1
LOG_BYTES = 20 * 1024 * 1024
"""A log larger than this is put aside as `.1` when its part starts."""

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def spawn(part: Part, logs: Path) -> Child:
    """Start the process of a part in a session of its own; it dies with this process. Call from the main thread."""
    path = log_of(logs, part)
    if path.is_file() and path.stat().st_size > LOG_BYTES:
        path.replace(path.with_suffix(".log.1"))
    parent = os.getpid()
    with path.open("ab") as log:
        process = subprocess.Popen(
            part.command,
            env=dict(part.environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=lambda: die_with(parent),  # noqa: PLW1509 - one system call, and no thread runs yet that holds a lock
        )
    return Child(part, process, time.monotonic())


def die_with(parent: int) -> None:
    """Make this new child of `parent` end when its parent does; for `preexec_fn`, from the parent's main thread."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the call above
        os._exit(1)


def ask_to_stop(child: Child) -> None:
    """Send SIGTERM."""
    with suppress(ProcessLookupError):
        child.process.terminate()


def kill(child: Child) -> None:
    """End the process and all that it started, now."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.process.pid, signal.SIGKILL)
