"""The local Kafka's jars: fetched once for all copies on this machine, and checked against the lock on every start."""

import argparse
import hashlib
import importlib
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from footprint.local.cache import cache_dir
from footprint.local.lock import LOCK_FILE, Jar, locked_jars, write_lock
from schemas.errors import Misconfigured

KAFKA = "org.apache.kafka:kafka_2.13:4.3.1"
LOG_BINDING = "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4"
"""Lets Kafka log: without it the broker is silent, also about why it does not start."""


def jars_dir() -> Path:
    """Return the folder of the fetched jars. Its files are complete: a jar is moved in after its sum was checked."""
    return cache_dir() / "jars"


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file as 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def checked(jars: Iterable[Jar], folder: Path) -> list[Path]:
    """Return the paths of all jars; raises Misconfigured when one is missing or differs from the lock."""
    paths = []
    for jar in jars:
        path = folder / jar.file_name
        if not path.is_file():
            raise Misconfigured(f"Kafka's {jar.file_name} is not in {folder}. Run `python -m footprint.local.jars` to fetch it.")
        if sha256_of(path) != jar.sha256:
            raise Misconfigured(
                f"{path} is not the jar that {LOCK_FILE.name} names: its SHA-256 differs. "
                "Delete it and run `python -m footprint.local.jars` to fetch it again."
            )
        paths.append(path)
    return paths


def fetch(jars: Iterable[Jar], folder: Path) -> int:
    """Fetch the jars that `folder` lacks and return their number; raises Misconfigured when one is not the locked one."""
    missing = [jar for jar in jars if not (folder / jar.file_name).is_file()]
    folder.mkdir(parents=True, exist_ok=True)
    for jar in missing:
        # A folder beside the target: the move below is atomic, so that two clones may fetch at once.
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            path = _download(jar, Path(scratch))
            if sha256_of(path) != jar.sha256:
                raise Misconfigured(f"The {jar.coordinate} that was fetched is not the locked one. Check your Maven mirror and run again.")
            path.replace(folder / jar.file_name)
    return len(missing)


def _download(jar: Jar, repository: Path) -> Path:
    group, artifact, version = jar.coordinate.split(":")
    context = _jgo("maven").MavenContext(repo_cache=repository, local_repos=[], remote_repos=_repositories(), timeout=60)
    try:
        path: Path = context.project(group, artifact).at_version(version).artifact().resolve()
    except (OSError, RuntimeError) as error:
        raise Misconfigured(f"Cannot fetch {jar.coordinate}: {error}. Check the network and run again.") from error
    return path


def _jgo(module: str = "") -> Any:
    """The image for clusters does not have it, and never comes here."""
    return importlib.import_module(f"jgo.{module}" if module else "jgo")


def _repositories() -> dict[str, str]:
    """Maven repositories by name: those of jgo's own settings file (a mirror) first, then Maven Central."""
    return {**_jgo("config").GlobalSettings.load().repositories, "central": _jgo().MAVEN_CENTRAL_URL}


def ensured() -> list[Path]:
    """Return the paths of all locked jars, fetched if missing; raises Misconfigured when one differs from the lock."""
    jars = locked_jars()
    folder = jars_dir()
    fetch(jars, folder)
    return checked(jars, folder)


def resolved() -> tuple[Jar, ...]:
    """Resolve Kafka's dependencies anew and return them with their sums, for a new lock."""
    # The binding is added by itself: resolved together, its parent's version table would choose Kafka's own jars.
    coordinates = [f"{found.groupId}:{found.artifactId}:{found.version}" for found in _jgo().resolve(KAFKA)] + [LOG_BINDING]
    with tempfile.TemporaryDirectory() as scratch:
        return tuple(Jar(name, sha256_of(_download(Jar(name, ""), Path(scratch)))) for name in coordinates)


def main() -> None:
    """Fetch and check the jars; `--lock` resolves them anew and writes the lock first."""
    parser = argparse.ArgumentParser(prog="python -m footprint.local.jars", description=main.__doc__)
    parser.add_argument("--lock", action="store_true", help="resolve Kafka's dependencies anew and write the lock")
    try:
        if parser.parse_args().lock:
            LOCK_FILE.write_text(write_lock(resolved()), "utf-8")
        ensured()
    except Misconfigured as error:
        sys.exit(f"footprint: {error}")


if __name__ == "__main__":
    main()
