"""An objection by the command line."""

import pytest
from typer.testing import CliRunner

from footprint import cli
from footprint.settings import Settings
from footprint.suppressing import is_suppressed

ANNA = ("--site", "demo", "--customer", "anna")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path / "data"


def run(folder, command, *arguments):
    return CliRunner().invoke(cli.register(), ["customer", command, *arguments, "--data-dir", str(folder)])


def test_who_objects_is_turned_away_until_released(folder):
    done = run(folder, "suppress", *ANNA)
    assert (done.exit_code, "What is stored stays" in done.output) == (0, True)
    assert is_suppressed(Settings(data_dir=folder), "demo", "anna")
    assert not is_suppressed(Settings(data_dir=folder), "demo", "ben")
    assert run(folder, "release", *ANNA).exit_code == 0
    assert not is_suppressed(Settings(data_dir=folder), "demo", "anna")


def test_releasing_nobody_is_said(folder):
    done = run(folder, "release", *ANNA)
    assert (done.exit_code, "Check the site and the id" in done.stderr) == (1, True)
