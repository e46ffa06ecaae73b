import shutil
from collections import namedtuple

import pytest

from footprint.doctor import clock_offset, disk, examine, look
from schemas.errors import Misconfigured, Retryable


def fail(error):
    def seen():
        raise error

    return seen


def test_unreadable_settings_are_the_only_finding():
    [finding] = examine(fail(Misconfigured("Unknown setting 'kafka'. Did you mean 'kafka_bootstrap'?")))
    assert (finding.check, finding.ok) == ("settings", False)
    assert "Did you mean" in finding.says


@pytest.mark.parametrize("error", [Misconfigured("do this"), Retryable("do this")])
def test_what_is_not_well_says_what_to_do(error):
    finding = look("store", fail(error))
    assert finding.as_json() == {"check": "store", "ok": False, "says": "do this"}


def test_a_fault_of_the_program_is_not_hidden_as_a_finding():
    with pytest.raises(ZeroDivisionError):
        look("store", fail(ZeroDivisionError()))


def test_clocks_may_differ_by_two_seconds():
    assert "+1.9 s" in clock_offset(1.9)
    with pytest.raises(Misconfigured, match="NTP"):
        clock_offset(-2.1)


def test_a_full_disk_is_told_also_for_a_folder_that_does_not_exist_yet(tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")  # noqa: PYI024 - the shape of the standard library's answer
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**13, 0, 10**9))
    with pytest.raises(Misconfigured, match="FOOTPRINT_DATA_DIR"):
        disk(tmp_path / "not" / "yet")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**13, 0, 10**12))
    assert disk(tmp_path / "not" / "yet") == f"931 GiB free at {tmp_path}"
