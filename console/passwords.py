"""Passwords: argon2id with the library's defaults (RFC 9106, low memory), off the event loop."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher()
SHORTEST = 12


def hash_password(password: str) -> str:
    """Return what is kept of a password."""
    return _HASHER.hash(password)


NOBODYS = hash_password("nobody has this password")
"""Checked for names that do not exist, so that an answer takes as long as for one that does."""


async def is_password(kept: str, password: str) -> bool:
    """Return whether the password is the one whose hash is kept."""
    return await asyncio.to_thread(_verify, kept or NOBODYS, password) and bool(kept)


def _verify(kept: str, password: str) -> bool:
    try:
        return _HASHER.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False
