"""Write Java's archive of Kafka's classes, by a Kafka that is started once and stopped: `python -m footprint.local.archiving`."""

import asyncio
import signal
import sys
import tempfile
from pathlib import Path

from footprint.local.class_archive import archive_of
from footprint.local.java import java
from footprint.local.kafka import is_ready, prepare
from footprint.local.ports import LOOPBACK, free_port
from footprint.local.running import running
from schemas.errors import Misconfigured


def write() -> None:
    """Write the archive unless it is there. Raises Misconfigured when Kafka does not start, or ends without having written it."""
    archive = archive_of(java())
    if archive.is_file():
        return
    archive.parent.mkdir(parents=True, exist_ok=True)
    # A folder beside it: the move below is atomic, so that two clones may write at once.
    with tempfile.TemporaryDirectory(dir=archive.parent) as scratch:
        written = Path(scratch) / archive.name
        folder, port = Path(scratch) / "kafka", free_port()
        program, *rest = prepare(folder, port=port)
        command = [program, f"-XX:ArchiveClassesAtExit={written}", *rest]
        with running(command, lambda: asyncio.run(is_ready(f"{LOOPBACK}:{port}")), folder=folder) as kafka:
            pass
        if kafka.returncode == -signal.SIGKILL or not written.is_file():  # what was cut off is no archive
            raise Misconfigured("Java wrote no archive of Kafka's classes.")
        written.replace(archive)


def main() -> None:
    """Write the archive; without one Kafka only starts more slowly."""
    try:
        write()
    except Misconfigured as error:
        sys.stderr.write(f"footprint: {error} Kafka starts without an archive of its classes, more slowly.\n")


if __name__ == "__main__":
    main()
