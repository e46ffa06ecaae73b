"""A server of this machine that runs for a while: started, waited for, stopped."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from footprint.local.installed import require_installed
from schemas.errors import Misconfigured

START_S = 180.0
STOP_S = 30.0


@contextmanager
def running(command: list[str], ready: Callable[[], bool], *, folder: Path | None = None) -> "Iterator[subprocess.Popen[bytes]]":
    """Yield the server when it is ready; its folder is this process's unless another is given. It has ended on leaving.

    Raises Misconfigured with what it said when it ends before, or is not ready in time.
    """
    require_installed()
    server = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        _wait(server, ready)
        yield server
    finally:
        server.terminate()
        try:
            server.communicate(timeout=STOP_S)
        except subprocess.TimeoutExpired:
            server.kill()
            server.communicate()


def _wait(server: "subprocess.Popen[bytes]", ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_S
    while not ready():
        if server.poll() is not None or time.monotonic() > deadline:
            said = server.stderr.read().decode("utf-8", "replace").strip() if server.stderr and server.poll() is not None else ""
            raise Misconfigured(said.rpartition("footprint: ")[2] or f"A local server did not answer within {START_S:.0f} s. Try again.")
        time.sleep(0.1)
