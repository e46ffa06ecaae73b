"""Secrets that stand in files of their own: what an orchestrator mounts under /run/secrets, and nobody prints."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from schemas.errors import Misconfigured

SUFFIX = "_file"


def named_files(given: Mapping[str, str], secrets: tuple[str, ...]) -> Iterator[tuple[str, str, str]]:
    """Yield setting, variable and path of each variable that names the file of a secret (`KAFKA_SASL_PASSWORD_FILE`).

    `given` holds the variables by name in small letters, without prefix. Raises Misconfigured where the secret itself is
    given as well: one of them would be forgotten at the next rotation.
    """
    for variable, path in given.items():
        name = variable.removesuffix(SUFFIX)
        if name != variable and name in secrets and path:
            if given.get(name):
                raise Misconfigured(f"{name} and {variable} are both set. Keep one of them.")
            yield name, variable, path


def read_secret(path: Path, named: str) -> str:
    """Return what a file holds, without white space around it. Raises Misconfigured where there is nothing to read."""
    try:
        found = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        problem = error.strerror if isinstance(error, OSError) else "it is not text"
        raise Misconfigured(f"Cannot read {path} ({named}): {problem}. Name a file that this user may read.") from None
    if not found:
        raise Misconfigured(f"{path} ({named}) is empty. Put the secret into it.")
    return found


def unfold(value: Any, named: str, folder: Path) -> Any:
    """Return a value of the settings file with each `{file = "PATH"}` replaced by what the file holds; paths are beside `folder`."""
    if isinstance(value, dict):
        if set(value) == {"file"}:
            return read_secret(folder / str(value["file"]), named)
        return {name: unfold(one, f"{named}.{name}", folder) for name, one in value.items()}
    if isinstance(value, list):
        return [unfold(one, named, folder) for one in value]
    return value


def unfold_lines(value: Any, named: str, folder: Path) -> Any:
    """Do the same for a list of secrets, which may be one file with a secret on each line."""
    found = unfold(value, named, folder)
    return [line.strip() for line in found.splitlines() if line.strip()] if isinstance(value, dict) and isinstance(found, str) else found
