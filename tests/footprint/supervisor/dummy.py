"""Parts that do nothing but be there, and a program that supervises two of them until it is killed."""

import asyncio
import sys
from pathlib import Path

from footprint.supervisor.part import Part
from footprint.supervisor.supervisor import Supervisor

SERVE = """
import os, pathlib, signal, subprocess, sys, time
folder, name = pathlib.Path(sys.argv[1]), sys.argv[2]
def stop(*_):
    with (folder / "stopped").open("a") as file:
        file.write(name + chr(10))
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
print(name, "runs", flush=True)
(folder / f"{name}.pid").write_text(str(os.getpid()))
while True:
    signal.pause()
"""
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + SERVE.replace("signal.signal(signal.SIGTERM, stop)", "")
FAILING = "import sys; print('port 1 is taken'); sys.exit(3)"


def part(folder: Path, name: str, program: str = SERVE, *, stop_s: float = 10.0) -> Part:
    """A part that is ready once its process wrote its id."""

    async def is_ready() -> bool:
        return pid_of(folder, name) > 0

    return Part(name, (sys.executable, "-c", program, str(folder), name), is_ready, stop_s=stop_s)


def pid_of(folder: Path, name: str) -> int:
    """The process id that the part wrote last, 0 when none."""
    try:
        return int((folder / f"{name}.pid").read_text() or 0)
    except FileNotFoundError:
        return 0


async def supervise(folder: Path) -> None:
    supervisor = Supervisor(folder, tell=lambda *_: None)
    await supervisor.start([part(folder, "one"), part(folder, "two")])
    print("ready", flush=True)  # noqa: T201 - the test waits for it
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(supervise(Path(sys.argv[1])))
