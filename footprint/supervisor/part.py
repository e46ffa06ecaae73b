"""A part as a value: what to run, when it is ready, how long it may take to stop."""

import subprocess
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

Probe = Callable[[], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Part:
    """One process of the line. `address` is what people are told."""

    name: str
    command: tuple[str, ...]
    is_ready: Probe
    address: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_s: float = 10.0


@dataclass(slots=True)
class Child:
    """The running process of a part."""

    part: Part
    process: subprocess.Popen[bytes]
    started_at: float


def log_of(folder: Path, part: Part) -> Path:
    """Return the file that holds what a part prints."""
    return folder / f"{part.name}.log"


def last_lines(path: Path, count: int = 15) -> str:
    """Return the end of a log, empty when there is none."""
    try:
        return "\n".join(path.read_text("utf-8", "replace").splitlines()[-count:])
    except OSError:
        return ""
