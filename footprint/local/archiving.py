"""Write Java's archive of Kafka's classes, by a Kafka that is started once and stopped: `python -m footprint.local.archiving`."""

import asyncio
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from footprint.local.class_archive import archive_of
from footprint.local.java import java
from footprint.local.kafka import is_ready, prepare
from footprint.local.ports import LOOPBACK, free_port

READY_S = 60.0
WRITTEN_S = 60.0


def write() -> bool:
    """Write the archive unless it is there; return whether it is there now."""
    archive = archive_of(java())
    if archive.is_file():
        return True
    archive.parent.mkdir(parents=True, exist_ok=True)
    # A folder beside it: the move below is atomic, so that two clones may write at once.
    with tempfile.TemporaryDirectory(dir=archive.parent) as scratch:
        written = Path(scratch) / archive.name
        if _ran(Path(scratch) / "kafka", [f"-XX:ArchiveClassesAtExit={written}"]) and written.is_file():
            written.replace(archive)
    return archive.is_file()


def _ran(folder: Path, options: list[str]) -> bool:
    """Run a Kafka with these options of Java's until it is ready; return whether it was, and ended well."""
    port = free_port()
    program, *rest = prepare(folder, port=port)
    with (folder / "output").open("wb") as output:
        kafka = subprocess.Popen([program, *options, *rest], cwd=folder, stdout=output, stderr=output)
        try:
            return _is_ready_in_time(kafka, port)
        finally:
            kafka.terminate()
            _ended(kafka)


def _is_ready_in_time(kafka: "subprocess.Popen[bytes]", port: int) -> bool:
    deadline = time.monotonic() + READY_S
    while kafka.poll() is None and time.monotonic() < deadline:
        if asyncio.run(is_ready(f"{LOOPBACK}:{port}")):
            return True
        time.sleep(0.1)
    return False


def _ended(kafka: "subprocess.Popen[bytes]") -> None:
    try:
        kafka.wait(WRITTEN_S)
    except subprocess.TimeoutExpired:
        kafka.kill()
        kafka.wait()


def main() -> None:
    """Write the archive; without one Kafka only starts more slowly."""
    if not write():
        sys.stderr.write(f"footprint: Java wrote no archive of Kafka's classes into {archive_of(java()).parent}. Kafka starts without.\n")


if __name__ == "__main__":
    main()
