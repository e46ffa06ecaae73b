"""Models of sites, the files they come in, and the schema that editors check them with."""

import json
import re

import jsonschema
import pytest
import yaml
from typer.testing import CliRunner

from footprint import cli, keys, model_reference, models, publishing
from footprint.settings import Settings, read_settings
from schemas.errors import Misconfigured
from streams.core.rulebook import read_book
from streams.core.state import PartitionState
from streams.core.work import Work

NOTHING = Work(PartitionState(), {})
SHOP, B2B = (models.SHIPPED[name] for name in ("shop", "b2b"))


def shipped(name):
    return (model_reference.FOLDER / name).read_text("utf-8")


def schema(kind):
    found = json.loads(shipped(f"{kind}.schema.json"))
    jsonschema.Draft202012Validator.check_schema(found)
    return jsonschema.Draft202012Validator(found)


@pytest.mark.parametrize("names", models.SHIPPED.values())
@pytest.mark.parametrize("kind", ["scores", "triggers"])
def test_what_is_shipped_is_read_and_fits_its_schema(names, kind):
    assert models.read(shipped(names[kind]), names[kind]).kind == kind
    schema(kind).validate(yaml.safe_load(shipped(names[kind])))
    assert f"$schema={kind}.schema.json" in shipped(names[kind]).split("\n")[0]


@pytest.mark.parametrize(
    "change", [("page_view]", "pageview]"), ("half_life", "halflife"), ("14d", "14"), ("points: 8", "points: many"), ("version", "vers")]
)
def test_the_schema_refuses_what_the_program_refuses(change):
    text = shipped(SHOP["scores"]).replace(*change)
    assert not schema("scores").is_valid(yaml.safe_load(text))
    with pytest.raises(Misconfigured):
        models.read(text, "x.yaml")


def test_the_schema_takes_every_key_of_triggers():
    text = """
version: t1
time_zone: Europe/Berlin
triggers:
  a: {when: {kind: [chat_end], props: {x: 1}}, count: 2, within: 1h, min_gap: 1m, where: {band: {engagement: [1, 2]}, stage: intent, consent: granted}}
  b: {when: {kind: [form_submit]}, unless: {kind: [chat_message]}, within: 4h, quiet_hours: {from: "18:00", to: "08:00", then: skip}}
  c: {score: engagement, reaches: 60, falls: true, cooldown: 1h}
"""
    assert models.read(text, "x.yaml").version == "t1"
    schema("triggers").validate(yaml.safe_load(text))


def test_a_site_runs_what_its_settings_name_and_all_others_the_shop(tmp_path):
    (tmp_path / "mine.yaml").write_text(shipped(SHOP["scores"]).replace("version: shipped-1", "version: mine"))
    tables = '[sites.saas]\nscores = "b2b"\ntriggers = "b2b"\n[sites.own]\nscores = "mine.yaml"\n'
    (tmp_path / "footprint.toml").write_text(tables)
    settings = read_settings({"FOOTPRINT_CONFIG": str(tmp_path / "footprint.toml")})
    texts = {site: models.texts_of(settings, site) for site in ("saas", "own")}
    book = read_book(models.texts_of(settings, ""), texts, partitions=4)
    versions = {site: book.at(site, NOTHING).model.version for site in ("saas", "own", "other")}
    assert versions == {"saas": "b2b-1", "own": "mine", "other": "shipped-1"}
    assert {trigger.name for trigger in book.at("saas", NOTHING).triggers} >= {"price_page_twice", "trial_without_use"}


@pytest.mark.parametrize(
    ("name", "says"), [("nothing.yaml", "cannot be read"), ("triggers.yaml", "holds triggers"), ("wrong.yaml", r"wrong\.yaml:1:1")]
)
def test_a_file_that_is_none_is_told_at_the_start(tmp_path, name, says):
    (tmp_path / "triggers.yaml").write_text(shipped(SHOP["triggers"]))
    (tmp_path / "wrong.yaml").write_text("hello")
    (tmp_path / "footprint.toml").write_text(f'[sites.own]\nscores = "{name}"\n')
    with pytest.raises(Misconfigured, match=says):
        models.texts_of(read_settings({"FOOTPRINT_CONFIG": str(tmp_path / "footprint.toml")}), "own")


def test_triggers_must_fit_the_scores_of_the_site(tmp_path):
    text = "version: t\ntriggers:\n  a: {score: warmth, reaches: 5}\n"
    (tmp_path / "t.yaml").write_text(text)
    (tmp_path / "footprint.toml").write_text('[sites.own]\ntriggers = "t.yaml"\n')
    with pytest.raises(Misconfigured, match="warmth"):
        models.texts_of(read_settings({"FOOTPRINT_CONFIG": str(tmp_path / "footprint.toml")}), "own")


def test_the_worked_example_of_the_how_to_is_right(tmp_path):
    page = (model_reference.FOLDER.parents[1] / "docs" / "how-to" / "models.md").read_text("utf-8")
    files = [models.read(text, "example.yaml") for text in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)]
    assert [file.kind for file in files] == ["scores", "triggers"]
    models.check_together(files)


def test_rules_check_says_ok_or_every_mistake(tmp_path):
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(shipped(SHOP["triggers"]))
    bad.write_text(shipped(SHOP["triggers"]).replace("page_view", "pageview").replace("count: 2", "count: two"))
    done = CliRunner().invoke(cli.register(), ["rules", "check", str(good), "--json"])
    assert (done.exit_code, json.loads(done.output)) == (0, [{"file": str(good), "kind": "triggers", "version": "shipped-1"}])
    done = CliRunner().invoke(cli.register(), ["rules", "check", str(good), str(bad)])
    assert isinstance(done.exception, Misconfigured)
    assert str(done.exception).count(f"\n{bad}:") == 2
    assert "did you mean 'page_view'?" in str(done.exception)


def test_a_model_is_not_published_for_a_site_that_does_not_exist(tmp_path):
    settings = Settings(data_dir=tmp_path, write_keys="shop:key")
    keys.create(keys.keys_file(settings), "blog", "write")
    for site in ("shop", "blog"):
        publishing.require_site(settings, site)
    with pytest.raises(Misconfigured, match="'shp'; there are: blog, shop"):
        publishing.require_site(settings, "shp")
    publishing.require_site(Settings(data_dir=tmp_path), "demo")


def test_the_shipped_file_of_who_fetches_e_mails_is_read_and_an_operators_takes_its_place(tmp_path):
    text = shipped(models.MAIL_AGENTS)
    schema("mail_agents").validate(json.loads(json.dumps(yaml.safe_load(text), default=str)))
    assert models.mail_agents(Settings()).rank("40.92.10.0") == "certain"
    own = tmp_path / "own.yaml"
    own.write_text(text.replace("40.92.0.0/15", "198.51.100.0/24"))
    ranks = [models.mail_agents(Settings(email_agents=own)).rank(address) for address in ("40.92.10.0", "198.51.100.0")]
    assert ranks == ["", "certain"]
    own.write_text(text.replace("certain:", "sure:"))
    with pytest.raises(Misconfigured, match=r"own\.yaml"):
        models.mail_agents(Settings(email_agents=own))
