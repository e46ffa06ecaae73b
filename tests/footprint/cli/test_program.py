"""The program as a whole: what it says about itself."""

import importlib.metadata

from typer.testing import CliRunner

from footprint import cli


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
