"""What somebody must look after: backups, keys, the disk, and how the streams were built."""

import shutil
import stat
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from collector.core.keyring import KeptKey
from footprint.backup.manifest import Manifest, found_in
from footprint.keys import kept, keys_file
from footprint.parts.connections import retired_keys, secrets_folder, signing_key_file
from footprint.settings import Settings
from schemas.errors import Misconfigured
from streams.compiled import compiled_home

DAY_S = 86_400
DISK_FREE = 2 * 1024**3
STALE_DAYS = 7


def backup(settings: Settings) -> str:
    """Return how old the newest backup is; raises Misconfigured when backups are made and the last one is a week old."""
    if "cluster=" in settings.clickhouse_url:
        return "made by ClickHouse's own BACKUP: docs/operations/backup.md"
    return judged_backup(found_in(settings.data_dir), time.time())


def judged_backup(found: Sequence[Manifest], now_s: float) -> str:
    """Judge backups, newest first. Who has never made one may have another way, or nothing to lose: it is said, and well."""
    if not found:
        return "none in this data folder; `footprint backup create` makes one"
    days = int((now_s - datetime.fromisoformat(found[0].created_at).timestamp()) // DAY_S)
    if days >= STALE_DAYS:
        raise Misconfigured(f"The newest backup, {found[0].name}, is {days} days old. Run `footprint backup create`.")
    return f"{found[0].name}, {days} days old, {found[0].rows:,} rows; {len(found)} in all"


def keys(settings: Settings) -> str:
    """Return which keys are in force and how old they are; raises Misconfigured where one is kept badly."""
    _private(secrets_folder(settings.data_dir))
    signing = _signing_keys(settings)
    retired = retired_keys(settings)
    if both := set(signing) & set(retired):
        raise Misconfigured(f"{len(both)} signing key is retired and in force. Take it out of FOOTPRINT_SECRET_KEYS.")
    told = [judged_keys(settings.site_keys(), kept(keys_file(settings)), time.time()), _signed_by(settings, signing)]
    told += [f"{len(retired)} retired"] * bool(retired)
    told += [f"webhook {name} signs with {len(one.keys)} keys" for name, one in settings.webhooks.items() if len(one.keys) > 1]
    return "; ".join(told)


def judged_keys(configured: dict[str, str], made: Sequence[KeptKey], now_s: float) -> str:
    """Return how many write and secret keys there are, and the oldest that was made here."""
    told = f"{len(configured)} write keys in the settings, {len(made)} made with `footprint keys`"
    if made:
        oldest = min(made, key=lambda key: key.made_at)
        told += f", the oldest ({oldest.hint}... of {oldest.site}) {int((now_s - oldest.made_at / 1000) // DAY_S)} days ago"
    return told


def _signing_keys(settings: Settings) -> tuple[str, ...]:
    return tuple(filter(None, (key.strip() for key in settings.secret_keys.split(","))))


def _signed_by(settings: Settings, signing: Sequence[str]) -> str:
    if signing:
        return f"links are signed by the newest of {len(signing)} in the settings"
    own = signing_key_file(settings.data_dir)
    if not own.is_file():
        return "no key signs links yet"
    return f"links are signed by the data folder's key, {int((time.time() - own.stat().st_mtime) // DAY_S)} days old"


def _private(folder: Path) -> None:
    if folder.is_dir() and stat.S_IMODE(folder.stat().st_mode) & 0o077:
        raise Misconfigured(f"Others on this machine may read {folder}. Run `chmod 700 {folder}`, then change the keys in it.")


def cores() -> str:
    """Return whether the streams run compiled."""
    if compiled_home():
        return "compiled"
    return "plain Python, which takes half as much CPU again: `make setup` compiles them where there is a C compiler"


def disk(folder: Path) -> str:
    """Return how much space is free where the folder is, or would be; raises Misconfigured below 2 GiB."""
    place = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(place).free
    if free < DISK_FREE:
        raise Misconfigured(f"{free / 1024**3:.1f} GiB are free at {place}. Make room, or set FOOTPRINT_DATA_DIR to another disk.")
    return f"{free / 1024**3:.0f} GiB free at {place}"
