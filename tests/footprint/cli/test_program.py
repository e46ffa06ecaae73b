"""The program as a whole: what it says about itself."""

import importlib.metadata
import logging
import sys

import pytest
from typer.testing import CliRunner

from footprint import cli
from footprint.local.ports import free_port
from tests.support.program import loaded


def ran(*arguments):
    return CliRunner().invoke(cli.register(), arguments)


def test_it_tells_its_version():
    done = ran("--version")
    assert (done.exit_code, done.output) == (0, f"footprint {importlib.metadata.version('footprint')}\n")


def test_without_a_command_it_lists_them_and_says_where_to_start():
    done = ran()
    assert done.exit_code == 2
    assert "footprint up" in done.output
    assert all(name in done.output for name in ("collector", "streams", "sink", "doctor"))


def test_a_command_that_does_not_exist_is_wrong_use_and_the_nearest_is_named():
    done = ran("upp")
    assert done.exit_code == 2
    assert "Did you mean 'up'?" in done.output


@pytest.fixture
def levels_put_back():
    yield
    logging.getLogger("aiokafka").setLevel(logging.NOTSET)


@pytest.mark.usefixtures("levels_put_back")
def test_where_kafka_is_away_only_the_commands_own_message_is_told(monkeypatch, capsys, caplog, tmp_path):
    away = f"127.0.0.1:{free_port()}"
    monkeypatch.setenv("FOOTPRINT_KAFKA_BOOTSTRAP", away)
    monkeypatch.setattr(sys, "argv", ["footprint", "backup", "create", "--data-dir", str(tmp_path)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    assert capsys.readouterr().err.startswith(f"footprint: Kafka at {away} ")
    assert [record.name for record in caplog.records] == []


def test_commands_of_one_loaded_process_share_neither_folder_nor_environment(tmp_path):
    (tmp_path / "footprint.toml").write_text("nonsense")
    (tmp_path / "own").mkdir()
    assert loaded().run(["keys", "list"], folder=tmp_path, environment={}).returncode == 1
    wrong = loaded().run(["keys", "list"], folder=tmp_path / "own", environment={"FOOTPRINT_PARTITIONS": "none"})
    assert (wrong.returncode, wrong.stdout, b"partitions" in wrong.stderr) == (1, b"", True)
    good = loaded().run(["keys", "list"], folder=tmp_path / "own", environment={})
    assert (good.returncode, good.stderr) == (0, b"")
