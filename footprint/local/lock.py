"""The committed lock of the local Kafka's jars: Maven coordinates and SHA-256 sums, no addresses."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

LOCK_FILE = Path(__file__).with_name("kafka.lock.toml")

HEADER = """\
# The jars of the local Kafka: Maven coordinates and their SHA-256 sums, checked on every start.
# Written by `python -m footprint.local.jars --lock`; everything in it is looked at before it is committed.
"""


@dataclass(frozen=True, slots=True)
class Jar:
    """One locked jar: `coordinate` is `group:artifact:version`, `sha256` 64 hex digits."""

    coordinate: str
    sha256: str

    @property
    def file_name(self) -> str:
        """Name of its file, for example `kafka-clients-4.3.1.jar`."""
        _, artifact, version = self.coordinate.split(":")
        return f"{artifact}-{version}.jar"


def read_lock(text: str) -> tuple[Jar, ...]:
    """Return the jars of a lock's text, in order."""
    return tuple(Jar(coordinate, sha256) for coordinate, sha256 in tomllib.loads(text)["jars"].items())


def write_lock(jars: tuple[Jar, ...]) -> str:
    """Return the text of a lock of these jars, sorted by coordinate."""
    lines = [f'"{jar.coordinate}" = "{jar.sha256}"' for jar in sorted(jars, key=lambda jar: jar.coordinate)]
    return HEADER + "\n[jars]\n" + "\n".join(lines) + "\n"


def locked_jars() -> tuple[Jar, ...]:
    """Return the committed jars."""
    return read_lock(LOCK_FILE.read_text("utf-8"))
