"""Every command, setting and topic has its place in docs/reference."""

import re
from pathlib import Path

import pytest

from footprint import reference
from footprint.settings import PREFIX, TABLES, Settings, SiteSettings, WebhookSettings
from schemas.topics import PUBLIC, STATE

ROOT = Path(__file__).parent.parent.parent
REFERENCE = ROOT / "docs" / "reference"


def page(name):
    return (REFERENCE / name).read_text("utf-8")


def test_the_generated_pages_are_current():
    assert reference.stale() == []


def test_every_command_and_option_is_described():
    text = page("commands.md")
    for path, command in reference.commands():
        assert f"\n## {path}\n" in text
        section = text.split(f"\n## {path}\n")[1].split("\n## ")[0]
        for parameter in command.params:
            names = parameter.opts if parameter.param_type_name == "option" else [str(parameter.name).upper()]
            assert any(f"`{name}" in section for name in names), (path, parameter.name)


def test_every_command_says_what_it_does_and_gives_an_example():
    for path, command in reference.commands():
        assert command.help, path
        assert "Example" in command.help, path
        assert path in command.help, f"{path}: the example shows the command itself"


def test_every_option_has_a_help_text():
    for path, command in reference.commands():
        for parameter in command.params:
            assert getattr(parameter, "help", None), (path, parameter.name)


@pytest.mark.parametrize("name", [name for name in Settings.model_fields if name not in TABLES])
def test_every_setting_is_described(name):
    assert f"`{PREFIX}{name.upper()}`" in page("settings.md")
    assert Settings.model_fields[name].description


@pytest.mark.parametrize("name", SiteSettings.model_fields)
def test_every_setting_of_a_site_is_described(name):
    assert f"| `{name}` |" in page("settings.md").split("## Per site")[1].split("## Webhooks")[0]


@pytest.mark.parametrize("name", WebhookSettings.model_fields)
def test_every_setting_of_a_webhook_is_described(name):
    assert f"| `{name}` |" in page("settings.md").split("## Webhooks")[1]


@pytest.mark.parametrize("topic", [*PUBLIC, *STATE], ids=lambda topic: topic.name)
def test_every_topic_is_described(topic):
    assert f"`{topic.name}`" in page("topics.md")


def test_every_view_of_the_store_is_described():
    text = page("store.md")
    migrations = "\n".join(path.read_text("utf-8") for path in sorted((ROOT / "sinks/clickhouse/migrations").rglob("*.sql")))
    views = set(re.findall(r"CREATE (?:OR REPLACE )?VIEW (?:IF NOT EXISTS )?(?:\S*\.)?`?(\w+)`?", migrations))
    assert len(views) >= 10
    for view in views:
        assert f"\n## {view}\n" in text or f"`{view}`" in text.split("## Behind the views")[1], view


def test_links_between_documents_lead_somewhere():
    links = (
        (path, target)
        for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text("utf-8"))
        if "://" not in target and not target.startswith("mailto:")
    )
    assert [(path.name, target) for path, target in links if not (path.parent / target).exists()] == []
