"""Plans as files that settings name, and as versions that never change."""

import json

import pytest
from typer.testing import CliRunner

from footprint import cli, plans
from footprint.settings import Settings, SiteSettings
from schemas.errors import Misconfigured

program = CliRunner()
FIRST = "events: {Signed Up: {schema: {required: [plan]}}}\n"
SECOND = "events: {Signed Up: {schema: {required: [plan, seats]}}}\n"


@pytest.mark.parametrize("content", [b"a: [", b"\xff\xfe\x00", b"events: 7", b""])
def test_a_file_that_is_no_plan_is_named_with_what_to_do(tmp_path, content):
    path = tmp_path / "plan.yaml"
    path.write_bytes(content)
    with pytest.raises(Misconfigured, match=r"plan\.yaml.*Correct"):
        plans.load(path)
    with pytest.raises(Misconfigured, match="Correct"):
        plans.load(tmp_path / "missing.yaml")


@pytest.fixture
def shelf(tmp_path):
    return plans.Shelf(Settings(data_dir=tmp_path / "data", write_keys="shop:k"))


def test_each_version_stays_as_it_was_published(shelf, tmp_path):
    made = shelf.publish("shop", FIRST, by="ada", note="the first")
    kept = (tmp_path / "data" / "plans" / "shop.1.json").read_bytes()
    assert (made.version, made.by, made.note) == (1, "ada", "the first")
    assert shelf.publish("shop", FIRST, by="bob") == made
    assert shelf.publish("shop", SECOND, by="bob").version == 2
    assert shelf.publish("shop", FIRST, by="bob").version == 3
    assert [one.text for one in shelf.versions("shop")] == [FIRST, SECOND, FIRST]
    assert shelf.current("shop").version == 3
    assert (tmp_path / "data" / "plans" / "shop.1.json").read_bytes() == kept
    assert (tmp_path / "data" / "plans").stat().st_mode & 0o777 == 0o700


def test_what_is_no_plan_or_no_site_is_not_published(shelf):
    for site, text, told in (("shop", "events: 7", "Correct it"), ("shpo", FIRST, "no site 'shpo'")):
        with pytest.raises(Misconfigured, match=told):
            shelf.publish(site, text, by="ada")
    assert shelf.versions("shop") == []
    assert shelf.current("shop") is None


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "plans").write_text("a file")
    with pytest.raises(Misconfigured, match="plans"):
        plans.Shelf(Settings(data_dir=tmp_path, write_keys="shop:k", plans_dir=tmp_path / "plans" / "below")).publish(
            "shop", FIRST, by="ada"
        )


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("FOOTPRINT_WRITE_KEYS", "shop:k")

    def run(*arguments):
        return program.invoke(cli.register(), ["plan", *arguments, "--data-dir", str(tmp_path / "data")])

    return run


def test_the_commands_publish_show_list_and_compare(run, tmp_path):
    file = tmp_path / "plan.yaml"
    file.write_text(FIRST)
    assert run("publish", str(file), "--site", "shop").stdout.startswith("Site shop: version 1 holds")
    assert run("show", "--site", "shop").stdout == FIRST
    file.write_text(SECOND)
    found = json.loads(run("diff", str(file), "--site", "shop", "--json").stdout)
    assert found == [{"event": "Signed Up", "what": "`seats` is required", "stricter": True}]
    assert "! Signed Up: `seats` is required" in run("diff", str(file), "--site", "shop").stdout
    assert run("publish", str(file), "--site", "shop", "--note", "seats").exit_code == 0
    assert [(row["version"], row["note"]) for row in json.loads(run("list", "--site", "shop", "--json").stdout)] == [(2, "seats"), (1, "")]
    assert "seats" in run("list", "--site", "shop").stdout
    assert run("show", "--site", "shop", "--version", "1").stdout == FIRST


def test_a_version_that_is_not_there_is_told_with_where_to_look(run):
    for asked in (("show", "--site", "shop"), ("show", "--site", "shop", "--version", "7")):
        assert "plan list --site shop" in str(run(*asked).exception)


def test_the_plan_of_the_settings_holds_until_one_is_published(tmp_path):
    file = tmp_path / "plan.yaml"
    file.write_text(FIRST)
    shelf = plans.Shelf(Settings(data_dir=tmp_path / "data", sites={"shop": SiteSettings(keys=("k",), plan=file)}))
    assert (shelf.current("shop"), shelf.settled("shop"), shelf.settled("blog")) == (None, FIRST, "")
