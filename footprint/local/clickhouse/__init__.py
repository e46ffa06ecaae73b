"""The ClickHouse engine (chdb) behind ClickHouse's own HTTP interface, in a process of its own.

One process owns the folder. Everything else talks HTTP to it, as to any ClickHouse server.
"""

import sys
from pathlib import Path


def command(folder: Path, *, port: int, secrets: Path) -> list[str]:
    """Return the command of the local ClickHouse with its data in `folder` and its users' passwords in `secrets`."""
    module = [sys.executable, "-m", "footprint.local.clickhouse"]
    return [*module, "--path", str(folder), "--port", str(port), "--secrets", str(secrets)]
