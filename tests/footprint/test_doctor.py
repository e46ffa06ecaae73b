import pytest

from footprint import doctor
from footprint.doctor import examine, look
from footprint.settings import Settings
from schemas.errors import Misconfigured, Retryable


def fail(error):
    def seen(*_):
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


def test_what_does_not_answer_is_told_once(tmp_path, monkeypatch):
    for group, first in (("KAFKA", "broker"), ("STORE", "store"), ("UPKEEP", "spool")):
        monkeypatch.setattr(doctor, group, ((first, fail(Retryable("away"))), ("another", lambda _: "well")))
    found = [(one.check, one.ok) for one in examine(lambda: Settings(data_dir=tmp_path))]
    assert found == [("settings", True), ("broker", False), ("store", False), ("spool", False), ("another", True)]


def test_the_running_parts_are_looked_at_where_they_are_known(tmp_path, monkeypatch):
    for group in ("KAFKA", "STORE", "UPKEEP"):
        monkeypatch.setattr(doctor, group, ())
    monkeypatch.setattr(doctor, "RUNNING", (("parts", lambda _: "2 ready"),))
    told = "streams-1=http://streams:8010/ready"
    assert [one.check for one in examine(lambda: Settings(data_dir=tmp_path, parts=told))] == ["settings", "parts"]
    assert [one.check for one in examine(lambda: Settings(data_dir=tmp_path))] == ["settings"]
