"""Customers whose events the collectors must turn away: a file of keyed hashes in the data folder."""

import os
from collections.abc import Sequence
from contextlib import suppress as ignoring
from io import TextIOWrapper
from pathlib import Path

from collector.core.suppression import Suppressions, entry_of, read_entries
from footprint.local.folder_lock import locked
from footprint.local.secrets import secret
from footprint.parts.connections import secrets_folder
from footprint.settings import Settings

KEY_NAME = "suppression-key"
LOCK_S = 5.0


def suppressions_file(settings: Settings) -> Path:
    """Return where the entries are: one keyed hash a line."""
    return settings.data_dir / "suppressed"


def suppression_key_file(settings: Settings) -> Path:
    """Return where the key of the entries is. It is never changed: the entries could not be made again."""
    return secrets_folder(settings.data_dir) / KEY_NAME


def suppress(settings: Settings, site: str, customers: Sequence[str]) -> None:
    """Turn these customers' events away from now on: collectors follow within a second. Durable when this returns.

    `customers` are ids as they are sent (or, where the site hashes ids, as they are stored).
    """
    path = suppressions_file(settings)
    key = secret(secrets_folder(settings.data_dir), KEY_NAME)
    with _lock(path):
        known = set(_entries(path))
        missing = [entry for entry in dict.fromkeys(entry_of(key, site, one) for one in customers) if entry not in known]
        if missing:
            _append(path, missing)


def suppressions(settings: Settings) -> Suppressions:
    """Return the list as it is now, to ask for many."""
    entries = _entries(suppressions_file(settings))
    return Suppressions(secret(secrets_folder(settings.data_dir), KEY_NAME), entries) if entries else Suppressions()


def is_suppressed(settings: Settings, site: str, customer: str) -> bool:
    """True when the collectors turn this customer's events away."""
    entries = _entries(suppressions_file(settings))
    return bool(entries) and entry_of(secret(secrets_folder(settings.data_dir), KEY_NAME), site, customer) in entries


def release(settings: Settings, site: str, customer: str) -> bool:
    """Take a customer's events again; False when they were not turned away."""
    path = suppressions_file(settings)
    if not is_suppressed(settings, site, customer):
        return False
    gone = entry_of(secret(secrets_folder(settings.data_dir), KEY_NAME), site, customer)
    with _lock(path):
        scratch = path.with_name(f".{path.name}.{os.getpid()}")
        scratch.touch(0o600)
        scratch.write_text("".join(f"{entry}\n" for entry in _entries(path) if entry != gone), "ascii")
        scratch.replace(path)
    return True


def _entries(path: Path) -> list[str]:
    with ignoring(FileNotFoundError):
        return read_entries(path.read_bytes())
    return []


def _append(path: Path, entries: Sequence[str]) -> None:
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "r+b") as file:
        torn = file.seek(0, os.SEEK_END) and not path.read_bytes().endswith(b"\n")
        file.write((b"\n" if torn else b"") + "".join(f"{entry}\n" for entry in entries).encode("ascii"))
        file.flush()
        os.fsync(file.fileno())


def _lock(path: Path) -> TextIOWrapper:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return locked(path.with_name(f"{path.name}.lock"), taken=f"Another command writes {path}. Try again.", wait_s=LOCK_S)
