"""Secrets of the local pipeline: made on first use, kept in files that only their owner reads (folder 0700, files 0600)."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

BYTES = 32


def secret(folder: Path, name: str) -> str:
    """Return the secret `name` of the folder, made now if it does not exist. Two processes get the same one."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    path = folder / name
    if not path.exists():
        _make(path)
    return path.read_text("ascii").strip()


def _make(path: Path) -> None:
    # Written aside and linked in: who finds the file finds all of it, and only the first one wins.
    scratch = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(scratch, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(BYTES) + "\n")
    with suppress(FileExistsError):
        os.link(scratch, path)
    scratch.unlink()


def password_of(folder: Path, user: str) -> str:
    """Return the password of a user of the local ClickHouse."""
    return secret(folder, f"{user}-password")
