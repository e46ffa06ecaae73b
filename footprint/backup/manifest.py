"""What stands beside a backup: when it was made, of what, and how far Kafka had been read."""

import hashlib
import json
import os
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from schemas.errors import Misconfigured

FILE = "manifest.json"
STORE = "store.tar"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
VERSION = 1


@dataclass(frozen=True, slots=True)
class Place:
    """How far the sink had come on one partition when the backup began: its next offset, with its plan, and the end of the topic."""

    topic: str
    partition: int
    offset: int
    plan: str
    end: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """One backup. `disk` names the server's disk that holds it, empty: a file beside this one.

    `tables` are rows by table, counted in the backup itself. `fingerprints` tell whether settings and secrets are still
    those of then; they give nothing away.
    """

    name: str
    created_at: str
    program: str
    schema: int
    database: str
    disk: str = ""
    bytes: int = 0
    tables: dict[str, int] = field(default_factory=dict)
    places: tuple[Place, ...] = ()
    fingerprints: dict[str, str] = field(default_factory=dict)
    version: int = VERSION

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(self.tables.values())


def folder_of(data_dir: Path) -> Path:
    """Return where the backups of a data folder are."""
    return data_dir / "backups"


def usable_name(name: str) -> str:
    """Return the name; raises Misconfigured for one that is no plain file name."""
    if not NAME.fullmatch(name):
        raise Misconfigured(f"A backup cannot be called {name[:100]!r}. Use letters, digits, dots, dashes and underscores.")
    return name


def write(folder: Path, manifest: Manifest) -> None:
    """Write the manifest whole or not at all: a backup without one is not complete."""
    scratch = folder / f".{FILE}.{os.getpid()}"
    scratch.write_text(json.dumps(asdict(manifest), indent=2) + "\n", "utf-8")
    scratch.replace(folder / FILE)


def read(folder: Path) -> Manifest:
    """Return the manifest of a backup. Raises Misconfigured when there is none, or not one of this program's."""
    try:
        found: dict[str, Any] = json.loads((folder / FILE).read_text("utf-8"))
        if found.get("version") != VERSION:
            raise Misconfigured(f"{folder} was made by a newer footprint. Install that one to restore it.")
        return Manifest(**(found | {"places": tuple(Place(**place) for place in found["places"])}))
    except (OSError, ValueError, TypeError, KeyError):
        raise Misconfigured(f"{folder} holds no complete backup. `footprint backup list` names those that are.") from None


def found_in(data_dir: Path) -> list[Manifest]:
    """Return the complete backups of a data folder, newest first."""
    folders = [path.parent for path in folder_of(data_dir).glob(f"*/{FILE}")]
    return sorted((read(folder) for folder in folders), key=lambda manifest: (manifest.created_at, manifest.name), reverse=True)


def fingerprint(content: bytes) -> str:
    """Return what tells a secret or a file from another one: 64 bits of its SHA-256, of which nothing can be guessed back."""
    return hashlib.sha256(b"footprint-backup\0" + content).hexdigest()[:16]
