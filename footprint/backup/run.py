"""Making a backup, and putting one back."""

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

from footprint.backup import again as records_again
from footprint.backup import manifest as manifests
from footprint.backup.engine import EngineBackups, Watch, disk_at, file_at
from footprint.backup.erased import erase_again
from footprint.backup.manifest import FILE, STORE, Manifest, fingerprint, folder_of, usable_name
from footprint.backup.places import from_the_beginning, put_back, read_places
from footprint.backup.servers import servers
from footprint.parts.connections import secrets_folder
from footprint.parts.run_file import find_run
from footprint.settings import SECRETS, Settings
from schemas.errors import Misconfigured
from sinks.clickhouse import migrations
from sinks.clickhouse.client import StoreClient

KEPT = ("signing-key", "suppression-key")
"""Secrets whose loss cannot be made good: links and cookies are signed with one, the forgotten are recognised by the other."""

IN_TABLES = {"sites": {"__all__": {"keys", "email_hooks"}}, "webhooks": {"__all__": {"keys", "url"}}}
"""Secrets within tables of the settings file."""

Now = Callable[[], datetime]


@dataclass(slots=True)
class Restored:
    """What a restore came to. `again`: records that the sink reads again. `erased`: rows of people forgotten since the backup."""

    manifest: Manifest
    again: int = 0
    erased: int = 0
    differing: list[str] = field(default_factory=list)
    """Settings and secrets that are not those of the backup."""


def create(settings: Settings, *, name: str = "", disk: str = "", watch: Watch = lambda _, __: None) -> Manifest:
    """Back the store up while everything goes on, and write beside it how far the sink had come before.

    Raises Misconfigured when the store refuses, Retryable when store or broker is away: what was begun is no backup then.
    """
    _require_one_node(settings)
    name = usable_name(name or datetime.now(UTC).strftime("%Y%m%d-%H%M%S"))
    folder = folder_of(settings.data_dir) / name
    if folder.exists():
        raise Misconfigured(f"{folder} exists already. Give the backup another name.")
    with servers(settings) as there:
        store = replace(there.store, database=there.store.database)
        schema = max((one.number for one in migrations.status(store) if one.state == "applied"), default=0)
        places = asyncio.run(read_places(there.kafka)) if there.kafka else ()
        folder.mkdir(parents=True, mode=0o700)
        engine = EngineBackups(store, _destination(folder, disk), watch)
        try:
            size = engine.create()
            made = Manifest(
                name, datetime.now(UTC).isoformat(timespec="seconds"), version("footprint"), schema, store.database, disk,
                size, engine.tables(), places, fingerprints(settings),
            )  # fmt: skip
        except BaseException:
            shutil.rmtree(folder)
            raise
        finally:
            engine.close()
    manifests.write(folder, made)
    return made


def restore(settings: Settings, source: str, *, watch: Watch = lambda _, __: None) -> Restored:
    """Put a backup back into a store that holds nothing; `source` is its name, or its folder. The line must not run.

    What has happened since comes again from Kafka, as far as it keeps it. Who was forgotten since is erased again.
    Raises Misconfigured when something is in the way: nothing was changed then, unless the message says otherwise.
    """
    _require_one_node(settings)
    if find_run(settings.data_dir):
        raise Misconfigured(f"`footprint up` runs on {settings.data_dir}. Stop it, restore, and start it again.")
    folder = _brought_in(settings.data_dir, source)
    manifest = manifests.read(folder)
    if manifest.schema > migrations.newest():
        raise Misconfigured(f"The backup was made by footprint {manifest.program}, newer than this one. Install that one to restore it.")
    with servers(settings) as there:
        engine = EngineBackups(there.store, _destination(folder, manifest.disk), watch)
        try:
            _require_nothing(engine.held(), there.store.database)
            engine.restore(manifest.database)
            _require_whole(engine.held(), manifest)
        finally:
            engine.close()
        client = StoreClient(there.store)
        try:
            erased = erase_again(settings, client)
        finally:
            client.close()
        records_again.expect(settings.data_dir)
        again = asyncio.run(put_back(there.kafka, manifest.places)) if there.kafka and manifest.places else 0
    now = fingerprints(settings)
    differing = sorted(part for part in manifest.fingerprints if manifest.fingerprints[part] != now.get(part))
    return Restored(manifest, again, erased, differing)


def refill(settings: Settings) -> int:
    """Have the sink store everything that Kafka still holds, for a store that was lost without a backup; returns how many records.

    The line must not run. Raises Misconfigured when the store holds anything: nothing was changed then.
    """
    _require_one_node(settings)
    if find_run(settings.data_dir):
        raise Misconfigured(f"`footprint up` runs on {settings.data_dir}. Stop it, refill, and start it again.")
    with servers(settings) as there:
        if there.kafka is None:
            raise Misconfigured(
                f"{settings.data_dir} holds no Kafka, so there is nothing to refill from. Name the right folder with --data-dir."
            )
        engine = EngineBackups(there.store, "")
        try:
            _require_nothing(engine.held(), there.store.database)
        finally:
            engine.close()
        records_again.expect(settings.data_dir)
        return asyncio.run(put_back(there.kafka, asyncio.run(from_the_beginning(there.kafka))))


def fingerprints(settings: Settings) -> dict[str, str]:
    """Return what tells settings and secrets of then from those of later."""
    secrets = {name: secrets_folder(settings.data_dir) / name for name in KEPT}
    found = {name: fingerprint(path.read_bytes()) for name, path in secrets.items() if path.is_file()}
    told = settings.model_dump_json(exclude={**dict.fromkeys(("data_dir", *SECRETS), True), **IN_TABLES}, exclude_defaults=True)
    return found | {"settings": fingerprint(told.encode())}


def _require_one_node(settings: Settings) -> None:
    if "cluster=" in urlsplit(settings.clickhouse_url).query:
        raise Misconfigured(
            "The store is a cluster: its nodes are backed up, restored and refilled together. docs/operations/backup.md says how."
        )


def _destination(folder: Path, disk: str) -> str:
    return disk_at(disk, f"{folder.name}.tar") if disk else file_at(str(folder / STORE))


def _brought_in(data_dir: Path, source: str) -> Path:
    """Return the folder of a backup in the place where the store may read it; one from elsewhere is copied there."""
    here = folder_of(data_dir)
    given = Path(source)
    if given.name == source and (here / source / FILE).is_file():
        return here / source
    manifest = manifests.read(given)
    target = here / usable_name(manifest.name)
    if target.resolve() != given.resolve() and not target.exists():
        here.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.copytree(given, target)
    return target


def _require_nothing(held: dict[str, int], database: str) -> None:
    rows = sum(count for table, count in held.items() if table != "schema_versions")
    if rows:
        raise Misconfigured(
            f"The store's database {database!r} holds {rows:,} rows. Restore into an empty one: move the data folder away first."
        )


def _require_whole(held: dict[str, int], manifest: Manifest) -> None:
    """The engine has checked every file; copies of a row may have been merged since, but no table may be gone, empty or larger."""
    wrong = [table for table, rows in manifest.tables.items() if not min(rows, 1) <= held.get(table, -1) <= rows]
    if wrong:
        raise Misconfigured(
            f"Restored tables are not those of the backup: {', '.join(wrong)}. Do not use this store; restore another backup."
        )
