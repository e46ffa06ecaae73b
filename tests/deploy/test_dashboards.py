"""Dashboards: what they read is provisioned and documented, no two share an id, and each panel says what it shows."""

import json
import re
from pathlib import Path

import yaml

from tests.support.dashboards import DASHBOARDS, queries

ROOT = Path(__file__).parent.parent.parent
SOURCES = {
    source["uid"]: source
    for source in yaml.safe_load((DASHBOARDS.parent / "provisioning" / "datasources" / "footprint.yml").read_text("utf-8"))["datasources"]
}
BOARDS = {path.stem: json.loads(path.read_text("utf-8")) for path in DASHBOARDS.glob("*.json")}
DOCUMENTED = set(re.findall(r"^\| `(footprint_\w+)` \|", (ROOT / "docs" / "reference" / "metrics.md").read_text("utf-8"), re.MULTILINE))


def test_there_is_a_dashboard_for_each_view_of_the_line():
    assert BOARDS.keys() == {"overview", "collector", "streams", "sink", "store", "business"}
    assert {board["uid"] for board in BOARDS.values()} == {f"footprint-{name}" for name in BOARDS}


def test_panels_have_places_of_their_own_and_read_from_provisioned_sources():
    for name, board in BOARDS.items():
        places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in board["panels"]}
        assert len(places) == len({panel["id"] for panel in board["panels"]}) == len(board["panels"]), name
        for panel in board["panels"]:
            source = SOURCES[panel["datasource"]["uid"]]
            assert source["type"] == panel["datasource"]["type"]
            assert all(("rawSql" in target) == (source["type"] == "grafana-clickhouse-datasource") for target in panel["targets"])


def test_every_documented_metric_is_on_a_dashboard():
    asked = " ".join(query.text for query in queries())
    assert {name for name in DOCUMENTED if name not in asked and not name.endswith("_ready")} == set()


def test_the_environment_of_grafana_in_compose_is_what_the_data_sources_name():
    compose = yaml.safe_load((ROOT / "deploy" / "compose" / "compose.yaml").read_text("utf-8"))
    given = set(compose["services"]["grafana"]["environment"])
    text = (DASHBOARDS.parent / "provisioning" / "datasources" / "footprint.yml").read_text("utf-8")
    assert set(re.findall(r"\$\{(\w+)\}", text)) <= given


def test_prometheus_scrapes_what_compose_runs():
    compose = yaml.safe_load((ROOT / "deploy" / "compose" / "compose.yaml").read_text("utf-8"))["services"]
    scraped = yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text("utf-8"))["scrape_configs"]
    targets = [target for job in scraped for static in job["static_configs"] for target in static["targets"]]
    for target in targets:
        name, _, port = target.partition(":")
        command = compose[name]["command"]
        told = (
            command[command.index("--health-port") + 1]
            if "--health-port" in command
            else {"collector": "8000", "console": "8001"}[command[0]]
        )
        assert told == port, target
    parts = {
        name
        for name, service in compose.items()
        if str(service.get("command", [""])[0]) in ("collector", "streams", "profiles", "sink", "rebuild", "console", "webhooks")
    }
    assert {target.partition(":")[0] for target in targets} == parts
