import shutil
from collections import namedtuple
from datetime import UTC, datetime, timedelta

import pytest

from collector.core.keyring import KeptKey
from footprint.backup.manifest import Manifest
from footprint.checks.upkeep import disk, judged_backup, judged_keys, keys
from footprint.settings import Settings, WebhookSettings
from schemas.errors import Misconfigured

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def made(days, name="nightly"):
    return Manifest(name, (NOW - timedelta(days=days, minutes=1)).isoformat(), "0.1.0", 10, "footprint", tables={"events_raw": 1000})


def test_the_newest_backup_is_told():
    assert judged_backup([made(1), made(2)], NOW.timestamp()) == "nightly, 1 days old, 1,000 rows; 2 in all"


def test_a_backup_that_is_a_week_old_is_too_old():
    assert "6 days" in judged_backup([made(6)], NOW.timestamp())
    with pytest.raises(Misconfigured, match="7 days old"):
        judged_backup([made(7)], NOW.timestamp())


def test_who_makes_no_backups_is_told_how():
    assert "footprint backup create" in judged_backup([], NOW.timestamp())


def test_keys_are_counted_and_the_oldest_is_named():
    young, old = (
        KeptKey("h", "shop", "write", hint, int((NOW - timedelta(days=days)).timestamp() * 1000))
        for hint, days in (("fp_w_young", 3), ("fp_w_old12", 400))
    )
    told = judged_keys({"a": "shop"}, [young, old], NOW.timestamp())
    assert told == "1 write keys in the settings, 2 made with `footprint keys`, the oldest (fp_w_old12... of shop) 400 days ago"
    assert judged_keys({}, [], NOW.timestamp()) == "0 write keys in the settings, 0 made with `footprint keys`"


def test_retired_keys_and_rotations_under_way_are_told(tmp_path):
    hook = WebhookSettings(url="https://crm.example/", keys=("a key of sixteen characters", "another one of sixteen"))
    told = keys(Settings(data_dir=tmp_path, secret_keys="first, second", retired_secret_keys="zeroth", webhooks={"crm": hook}))
    assert told.endswith("links are signed by the newest of 2 in the settings; 1 retired; webhook crm signs with 2 keys")
    assert list(tmp_path.iterdir()) == [], "nothing is made by looking"


def test_a_key_is_in_force_or_retired(tmp_path):
    with pytest.raises(Misconfigured, match="FOOTPRINT_SECRET_KEYS"):
        keys(Settings(data_dir=tmp_path, secret_keys="first,second", retired_secret_keys="first"))


def test_secrets_that_others_may_read_are_secrets_no_more(tmp_path):
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets").chmod(0o755)
    with pytest.raises(Misconfigured, match="chmod 700"):
        keys(Settings(data_dir=tmp_path))


def test_a_full_disk_is_told_also_for_a_folder_that_does_not_exist_yet(tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")  # noqa: PYI024 - the shape of the standard library's answer
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**13, 0, 10**9))
    with pytest.raises(Misconfigured, match="FOOTPRINT_DATA_DIR"):
        disk(tmp_path / "not" / "yet")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**13, 0, 10**12))
    assert disk(tmp_path / "not" / "yet") == f"931 GiB free at {tmp_path}"
