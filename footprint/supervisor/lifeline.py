"""Child processes that do not outlive their parent, not even one that is killed with -9."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

PR_SET_PDEATHSIG = 1


def lifeline() -> Callable[[], None]:
    """Return what a child runs before its program: the kernel kills it when this thread's process ends.

    Start children from the main thread: the kernel takes the thread that started a child for its parent. Does nothing
    where the kernel cannot (macOS): there a parent killed with -9 leaves its children running.
    """
    parent = os.getpid()
    if not sys.platform.startswith("linux"):
        return lambda: None
    prctl = ctypes.CDLL(None, use_errno=True).prctl  # looked up before the fork: the child may not load anything

    def hold() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # the parent died in between
            os._exit(1)

    return hold
