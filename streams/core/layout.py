"""How a state value is written: a version, when its key wants to be woken, then the value as JSON.

The version byte lets a program read what an older one has written: `read` brings a value up to date step by step. The times
stand in front so that a partition of many keys is loaded without decoding its values.
"""

from collections.abc import Callable, Mapping
from struct import Struct

from schemas.codec import dumps, loads
from streams.core.work import Value

VERSION = 3
"""1: JSON alone, recognised by its first byte. 2: this header before it. 3: a session names the loose events that joined it."""

NEVER = -1
Upgrades = Mapping[int, Callable[[Value], Value]]
"""By version, the function that makes a value of the next one; a version without one left the values as they were."""

_HEADER = Struct(">Bqq")
_NEVER_DUE = _HEADER.pack(VERSION, NEVER, NEVER)
_JSON = ord("{")


class UnknownVersion(ValueError):
    """A state value was written by a newer program."""


def write(value: Value) -> bytes:
    """Encode a state value."""
    if "due_event" not in value and "due_wall" not in value:
        return _NEVER_DUE + dumps(value)
    return _HEADER.pack(VERSION, value.get("due_event", NEVER), value.get("due_wall", NEVER)) + dumps(value)


def read(encoded: bytes) -> Value:
    """Decode a state value of this version."""
    value: Value = loads(encoded[_HEADER.size :])
    return value


def due_of(encoded: bytes) -> tuple[int, int]:
    """Return when the key of a value of this version wants to be woken, on both clocks, `NEVER` for never."""
    _, event, wall = _HEADER.unpack_from(encoded)
    return event, wall


def upgraded(encoded: bytes, upgrades: Upgrades) -> bytes:
    """Return a value of any older version in this one. Raises UnknownVersion for a newer one."""
    version = encoded[0]
    if version == VERSION:
        return encoded
    if version == _JSON:
        version, value = 1, loads(encoded)
    elif version < VERSION:
        value = read(encoded)
    else:
        raise UnknownVersion(f"A state value has version {version}, this program reads up to {VERSION}. Run the newer one.")
    for older in range(version, VERSION):
        if older in upgrades:
            value = upgrades[older](value)
    return write(value)
