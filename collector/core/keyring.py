"""Keys that were made at run time: kept as hashes, so that who reads the file can neither write nor read with it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Literal

Kind = Literal["write", "secret"]
KINDS: tuple[Kind, ...] = ("write", "secret")


@dataclass(frozen=True, slots=True)
class KeptKey:
    """One key. `hint` is its beginning, to tell it from others; `made_at` is Unix milliseconds."""

    hash: str
    site: str
    kind: Kind
    hint: str
    made_at: int


def hash_of(key: str) -> str:
    """Return what is kept of a key. Keys are 32 random bytes: a slow hash would protect nothing more."""
    return sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def read_keys(content: bytes) -> list[KeptKey]:
    """Read a keys file; raises ValueError when it is none."""
    try:
        keys = [KeptKey(**entry) for entry in json.loads(content)["keys"]] if content.strip() else []
    except (TypeError, KeyError) as error:
        raise ValueError(str(error)) from error
    if any(key.kind not in KINDS or not key.site for key in keys):
        raise ValueError("a key without a site, or of an unknown kind")
    return keys


def write_keys(keys: Iterable[KeptKey]) -> bytes:
    """Return the content of a keys file."""
    return json.dumps({"keys": [asdict(key) for key in keys]}, indent=1).encode() + b"\n"


class Keyring:
    """Which site a kept key belongs to."""

    def __init__(self, keys: Iterable[KeptKey] = ()) -> None:
        self._sites: Mapping[tuple[Kind, str], str] = {(key.kind, key.hash): key.site for key in keys}

    def __len__(self) -> int:
        return len(self._sites)

    def site_of(self, key: str, kind: Kind) -> str | None:
        """Return the site that a key of this kind belongs to."""
        return self._sites.get((kind, hash_of(key))) if self._sites and key else None
