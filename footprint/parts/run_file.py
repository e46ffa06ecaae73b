"""`run.json` of a data folder: where the parts of the running `footprint up` are. Other commands find them there."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from schemas.errors import Misconfigured

NAME = "run.json"


@dataclass(frozen=True, slots=True)
class Run:
    """Addresses of a running line. `health` holds each part's `/ready` by name, `pids` its process."""

    pid: int
    kafka: str
    clickhouse: str
    collector: str
    console: str
    shop: str
    health: dict[str, str] = field(default_factory=dict)
    pids: dict[str, int] = field(default_factory=dict)


def write_run(data_dir: Path, run: Run) -> None:
    """Write the file whole or not at all."""
    scratch = data_dir / f".{NAME}.{os.getpid()}"
    scratch.write_text(json.dumps(asdict(run), indent=2) + "\n", "utf-8")
    scratch.replace(data_dir / NAME)


def remove_run(data_dir: Path) -> None:
    """Remove the file, if it is there."""
    (data_dir / NAME).unlink(missing_ok=True)


def find_run(data_dir: Path) -> Run | None:
    """Return the running line of a data folder, None when none runs."""
    try:
        run = Run(**json.loads((data_dir / NAME).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return run if _alive(run.pid) else None


def read_run(data_dir: Path) -> Run:
    """Return the running line of a data folder; raises Misconfigured when none runs."""
    run = find_run(data_dir)
    if run is None:
        raise Misconfigured(f"Nothing runs on {data_dir}. Start `footprint up --data-dir {data_dir}` first.")
    return run


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
