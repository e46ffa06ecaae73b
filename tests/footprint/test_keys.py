"""Keys as the operator handles them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from footprint import cli, keys
from schemas.errors import Misconfigured

program = CliRunner()


@pytest.fixture
def run(tmp_path):
    def run(*arguments):
        return program.invoke(cli.register(), ["keys", *arguments, "--data-dir", str(tmp_path / "data")])

    return run


def test_a_key_is_shown_once_listed_by_how_it_begins_and_taken_back(run, tmp_path):
    made = run("create", "--site", "shop").stdout.strip()
    secret = json.loads(run("create", "--site", "shop", "--secret", "--json").stdout)
    assert len(made) > 40
    assert secret["kind"] == "secret"
    assert secret["key"] != made
    listed = json.loads(run("list", "--json").stdout)
    assert [(key["site"], key["kind"], key["begins"]) for key in listed] == [
        ("shop", "write", made[:11]),
        ("shop", "secret", secret["key"][:11]),
    ]
    assert json.loads(run("list", "--site", "other", "--json").stdout) == []
    assert made[:11] in run("list").stdout
    path = tmp_path / "data" / "keys.json"
    assert made not in path.read_text()
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert run("revoke", made, "--site", "shop").exit_code == 0
    assert [key["kind"] for key in json.loads(run("list", "--json").stdout)] == ["secret"]


def test_a_key_is_taken_back_only_from_its_site_and_only_when_it_is_meant(tmp_path):
    path = tmp_path / "keys.json"
    made = keys.create(path, "shop", "write")
    for site, named in (("blog", made), ("shop", "fp_w"), ("shop", ""), ("shop", made[:-1])):
        with pytest.raises(Misconfigured, match="footprint keys list"):
            keys.revoke(path, site, named)
    assert keys.revoke(path, "shop", made[:9]).hint == made[:11]
    assert keys.kept(path) == []


@pytest.mark.parametrize("site", ["", "a:b", "../x", "a" * 65])
def test_a_site_name_that_would_break_keys_is_refused(tmp_path, site):
    with pytest.raises(Misconfigured, match="no name for a site"):
        keys.create(tmp_path / "keys.json", site, "write")


@pytest.mark.parametrize(
    "content",
    ["{", "[]", '{"keys": 7}', '{"keys": [{"hash": "x"}]}', '{"keys": [{"hash":"x","site":"","kind":"write","hint":"","made_at":1}]}'],
)
def test_a_broken_file_is_never_overwritten(tmp_path, content):
    path: Path = tmp_path / "keys.json"
    path.write_text(content)
    with pytest.raises(Misconfigured, match="no keys file"):
        keys.create(path, "shop", "write")
    assert path.read_text() == content
