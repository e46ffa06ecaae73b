"""Each alert has a test that it fires and a runbook whose commands exist; rules name only metrics that there are."""

import re
import shlex
from pathlib import Path

import pytest
import yaml

from footprint.settings import PREFIX, Settings
from tests.support.parsing import parsed

ROOT = Path(__file__).parent.parent.parent
RULES = ROOT / "deploy" / "prometheus" / "rules"
ALERTS = [
    rule for path in sorted(RULES.glob("*.yml")) for group in yaml.safe_load(path.read_text("utf-8"))["groups"] for rule in group["rules"]
]
NAMES = [alert["alert"] for alert in ALERTS]
PAGE = (ROOT / "docs" / "operations" / "alerts.md").read_text("utf-8")
SECTIONS = {section.partition("\n")[0]: section for section in PAGE.split("\n## ")[1:]}
SCENARIOS = [test for path in (RULES.parent / "tests").glob("*.yml") for test in yaml.safe_load(path.read_text("utf-8"))["tests"]]
REFERENCE = (ROOT / "docs" / "reference" / "metrics.md").read_text("utf-8")
KINDS = dict(re.findall(r"^\| `(footprint_\w+)` \| (\w+) \|", REFERENCE, re.MULTILINE))
SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}
SHOWN = {name + suffix for name, kind in KINDS.items() for suffix in SUFFIXES[kind]}


def cases(alert):
    return [case for test in SCENARIOS for case in test["alert_rule_test"] if case["alertname"] == alert]


def commands():
    return [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines() if line.strip()]


def test_there_are_alerts_and_no_two_have_one_name():
    assert len(NAMES) == len(set(NAMES)) >= 25


@pytest.mark.parametrize("alert", NAMES)
def test_every_alert_is_tested_both_to_fire_and_to_be_silent(alert):
    assert any(case.get("exp_alerts") for case in cases(alert))
    assert any(not case.get("exp_alerts") for case in cases(alert))


@pytest.mark.parametrize("alert", ALERTS, ids=NAMES)
def test_every_alert_leads_to_a_section_of_the_runbook_that_says_all(alert):
    assert alert["annotations"]["runbook"] == f"docs/operations/alerts.md#{alert['alert'].lower()}"
    section = SECTIONS[alert["alert"]]
    assert f"*{alert['labels']['severity']}*" in section
    for part in (r"\*\*Who feels it\.\*\*", r"\*\*Look at\*\*", r"\*\*[Dd]o\.?\*\*", "```sh"):
        assert re.search(part, section), part


def test_the_runbook_has_no_section_of_an_alert_that_is_gone():
    assert sorted(SECTIONS) == sorted(NAMES)


@pytest.mark.parametrize("alert", ALERTS, ids=NAMES)
def test_rules_name_metrics_as_they_are_exposed(alert):
    named = set(re.findall(r"\bfootprint_\w+\b", alert["expr"]))
    assert named <= SHOWN, named - SHOWN


@pytest.mark.parametrize("command", commands())
def test_every_command_of_the_runbook_is_one_that_the_program_understands(command):
    program, *words = shlex.split(command, comments=True)
    assert program == "footprint"
    parsed(words)


def test_a_command_that_does_not_exist_would_be_noticed():
    for wrong in (["docter"], ["topics", "check", "--all"], ["customer", "forget", "--site", "demo"]):
        with pytest.raises(Exception, match=r"docter|No such option|Missing (option|parameter)"):
            parsed(wrong)


def test_the_runbook_names_settings_and_metrics_that_exist():
    for name in re.findall(rf"{PREFIX}([A-Z_]+)", PAGE):
        assert name.lower() in Settings.model_fields, name
    for name in re.findall(r"`(footprint_\w+)`", PAGE):
        assert name in KINDS, name
