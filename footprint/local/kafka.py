"""A real single-node Kafka (KRaft) on loopback: `python -m footprint.local.kafka --data FOLDER --port N` becomes it.

Kafka keeps its data in the folder, over kill -9 too. SIGTERM stops it cleanly.
"""

import argparse
import asyncio
import base64
import os
import subprocess
import sys
import uuid
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from footprint.local.class_archive import shared_classes
from footprint.local.jars import ensured
from footprint.local.java import java
from footprint.local.kafka_properties import LOG_DIR, properties, render
from footprint.local.ports import LOOPBACK, free_port, require_free
from schemas.errors import Misconfigured

LOGGING = Path(__file__).with_name("kafka.log4j2.yaml")
JVM = ("-Xms64m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError", "-XX:TieredStopAtLevel=1")
"""Small and quick to start: measured, the second compiler doubles the cost of a start and gains nothing in 16,000 requests."""

LISTEN_S = 2.0


def command(folder: Path, *, port: int) -> list[str]:
    """Return the command that becomes the local Kafka with its data in `folder`."""
    return [sys.executable, "-m", "footprint.local.kafka", "--data", str(folder), "--port", str(port)]


def prepare(folder: Path, *, port: int) -> list[str]:
    """Write the configuration, format the storage on first use, and return the command line to run inside `folder`.

    Raises Misconfigured when a jar differs from the lock or the port is taken.
    """
    require_free(port, what="Kafka", setting="FOOTPRINT_LOCAL_KAFKA_PORT")
    jars = ensured()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    configuration = folder / "server.properties"
    configuration.write_text(render(properties(port=port, controller_port=free_port())), "ascii")
    program = java()
    run = [program, *JVM, *shared_classes(program), f"-Dlog4j2.configurationFile={LOGGING}", "-cp", ":".join(map(str, jars))]
    if not (folder / LOG_DIR / "meta.properties").is_file():
        _format(run, configuration)
    return [*run, "kafka.Kafka", str(configuration)]


def _format(run: list[str], configuration: Path) -> None:
    tool = [*run, "kafka.tools.StorageTool", "format", "--ignore-formatted", "-t", cluster_id(uuid.uuid4()), "-c", str(configuration)]
    done = subprocess.run(tool, capture_output=True, text=True, check=False, cwd=configuration.parent)
    if done.returncode:
        raise Misconfigured(f"Kafka cannot format its storage: {done.stdout}{done.stderr}. Check the folder and start again.")


def cluster_id(number: uuid.UUID) -> str:
    """Return Kafka's writing of an id, one that its tool does not take for an option."""
    written = base64.urlsafe_b64encode(number.bytes).decode().rstrip("=")
    return "A" + written[1:] if written.startswith("-") else written


async def is_ready(bootstrap: str) -> bool:
    """True when the broker answers for its cluster: topics can be created and written."""
    if not await _listens(bootstrap):  # the client would log each refusal
        return False
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=2000)
    try:
        await admin.start()
        return bool((await admin.describe_cluster())["brokers"])
    except (KafkaError, OSError):
        return False
    finally:
        await admin.close()


async def _listens(bootstrap: str) -> bool:
    host, _, port = bootstrap.partition(",")[0].rpartition(":")
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(host, int(port)), LISTEN_S)
    except (OSError, TimeoutError):
        return False
    writer.close()
    await writer.wait_closed()
    return True


def main() -> None:
    """Become the local Kafka."""
    parser = argparse.ArgumentParser(prog="python -m footprint.local.kafka", description="A local Kafka on loopback.")
    parser.add_argument("--data", type=Path, required=True, help="folder of its data")
    parser.add_argument("--port", type=int, required=True, help=f"port on {LOOPBACK}")
    given = parser.parse_args()
    try:
        server = prepare(given.data.absolute(), port=given.port)
    except Misconfigured as error:
        sys.exit(f"footprint: {error}")
    # Java takes this process's place: same pid, signals and parent-death signal, and no Python left in memory.
    os.chdir(given.data)
    os.execv(server[0], server)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main()
