"""The program as somebody types it, without its half second of imports: each command is a copy of one process that waits with them.

`python -m tests.support.program` is that process: an order a line on its standard input, an exit code a line on its output.
"""

import atexit
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from footprint import asking, cli
from sinks.clickhouse import client

ROOT = Path(__file__).parents[2]
LOADED = (asking, cli, client)
STREAMS = ("stdin", "stdout", "stderr")


class Program:
    """A process that has the program loaded; it ends with this one."""

    def __init__(self):
        command = [sys.executable, "-m", __name__]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)

    def run(self, arguments, *, folder, environment, stdin=b"", seconds=120):
        """Run `footprint ARGUMENTS...` in a folder, with this environment and no other; returns what it said and its exit code."""
        with tempfile.TemporaryDirectory() as scratch:
            paths = {name: str(Path(scratch, name)) for name in STREAMS}
            for name, path in paths.items():
                Path(path).write_bytes(stdin if name == "stdin" else b"")
            order = {"arguments": arguments, "folder": str(folder), "environment": environment, "paths": paths}
            self._process.stdin.write(json.dumps(order).encode() + b"\n")
            self._process.stdin.flush()
            code = self._answer(arguments, seconds)
            return subprocess.CompletedProcess(arguments, code, *(Path(paths[name]).read_bytes() for name in STREAMS[1:]))

    def _answer(self, arguments, seconds):
        if not select.select([self._process.stdout], [], [], seconds)[0]:
            os.killpg(self._process.pid, signal.SIGKILL)
            loaded.cache_clear()
            raise subprocess.TimeoutExpired(arguments, seconds)
        return int(self._process.stdout.readline())

    def end(self):
        """End the process: it has no orders any more."""
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


@cache
def loaded():
    """Return the process of this test process."""
    program = Program()
    atexit.register(program.end)
    return program


def serve():
    """Take orders; this process goes on after the copy that carries out an order has ended."""
    cli.register()
    while order := sys.stdin.buffer.readline():
        pid = os.fork()
        if not pid:
            become(**json.loads(order))
            return
        _, status = os.waitpid(pid, 0)
        os.write(1, b"%d\n" % os.waitstatus_to_exitcode(status))


def become(arguments, folder, environment, paths):
    """Be the program, as a process that was started for one command."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for number, name in enumerate(STREAMS):
        os.dup2(os.open(paths[name], os.O_RDWR), number)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - for the rest of this process
    sys.argv = ["footprint", *arguments]
    cli.main()


if __name__ == "__main__":
    serve()
