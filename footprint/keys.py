"""Keys made from the command line: shown once, kept as hashes, followed by running collectors within a second."""

import secrets
import time
from pathlib import Path

from collector.core.keyring import KeptKey, Kind, hash_of, read_keys, write_keys
from footprint import kept_file
from footprint.settings import SITE_NAME, Settings
from schemas.errors import Misconfigured

HINT_LENGTH = 11


def keys_file(settings: Settings) -> Path:
    """Return where the hashes of keys are kept."""
    return settings.keys_file or settings.data_dir / "keys.json"


def create(path: Path, site: str, kind: Kind) -> str:
    """Make a key of a site and return it: nobody can read it again."""
    if not SITE_NAME.fullmatch(site):
        raise Misconfigured(f"{site[:80]!r} is no name for a site. Write 1 to 64 letters, digits, dots, dashes and underscores.")
    key = f"fp_{kind[0]}_{secrets.token_urlsafe(32)}"
    with kept_file.writing(path):
        made = KeptKey(hash_of(key), site, kind, key[:HINT_LENGTH], int(time.time() * 1000))
        kept_file.write(path, write_keys([*kept(path), made]))
    return key


def kept(path: Path) -> list[KeptKey]:
    """Return the keys of a file, oldest first; none when there is no file."""
    try:
        return read_keys(path.read_bytes())
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        raise Misconfigured(f"{path} is no keys file: {error}. Restore it, or remove it and make new keys.") from None


def revoke(path: Path, site: str, named: str) -> KeptKey:
    """Remove the key of a site that `named` is, or begins like; raises Misconfigured when that is not exactly one."""
    with kept_file.writing(path):
        keys = kept(path)
        found = [
            key for key in keys if key.site == site and (key.hash == hash_of(named) or (len(named) >= 5 and key.hint.startswith(named)))
        ]
        if len(found) != 1:
            raise Misconfigured(
                f"{len(found)} keys of site {site!r} are meant. Give the whole key, or how it begins: 5 to {HINT_LENGTH} characters, as "
                f"`footprint keys list --site {site}` shows them."
            )
        kept_file.write(path, write_keys(key for key in keys if key != found[0]))
    return found[0]
