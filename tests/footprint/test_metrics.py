"""Every metric of every part: named by one convention, explained, and in the reference; nothing else is there."""

import re
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from collector.metrics import Metrics
from collector.ports import Spooled
from console.metrics import ConsoleMetrics
from footprint import health
from footprint.parts.metrics import RebuildMetrics, StoreMetrics
from sinks.metrics import SinkMetrics
from sinks.webhooks.metrics import WebhookMetrics
from streams.metrics import StreamsMetrics

REFERENCE = (Path(__file__).parent.parent.parent / "docs" / "reference" / "metrics.md").read_text("utf-8")
PARTS = ("collector", "streams", "sink", "rebuild", "store", "console", "webhooks")
NAME = re.compile(rf"footprint_({'|'.join(PARTS)})(_[a-z]+)+")
OTHER_UNITS = {"ms", "millis", "milliseconds", "us", "minutes", "hours", "s", "kb", "mb", "kilobytes", "percent", "total", "bucket", "sum"}


def families(folder):
    """What each part registers, with what the program adds around it."""
    collector = Metrics()
    collector.watch_spool(Spooled, lambda: 0)
    collector.watch_disk(folder, 1)
    streams = StreamsMetrics()
    streams.watch(list, lambda: 0)
    rebuild = RebuildMetrics()
    StoreMetrics(rebuild.registry)
    webhooks = CollectorRegistry()
    WebhookMetrics(webhooks)
    behind_health = {"streams": streams.registry, "sink": SinkMetrics().registry, "rebuild": rebuild.registry, "webhooks": webhooks}
    for part, registry in behind_health.items():
        health.create_app(lambda: None, registry, part=part)
    registries = [collector.registry, ConsoleMetrics().registry, *behind_health.values()]
    found = [family for registry in registries for family in registry.collect()]
    return [family for family in found if not family.name.startswith("process_")], registries


@pytest.fixture
def metrics(tmp_path):
    return families(tmp_path)[0]


def documented():
    found = {}
    for section in REFERENCE.split("\n## ")[1:]:
        for name, kind in re.findall(r"^\| `(footprint_\w+)` \| (\w+) \|", section, re.MULTILINE):
            found[name] = (section.partition("\n")[0].lower(), kind)
    return found


def test_the_reference_has_each_metric_with_its_kind_under_its_part(metrics):
    assert documented() == {family.name: (NAME.fullmatch(family.name)[1], family.type) for family in metrics}
    assert len(metrics) > 55


def test_names_follow_the_convention(metrics):
    for family in metrics:
        assert NAME.fullmatch(family.name), family.name
        assert not OTHER_UNITS & set(family.name.split("_")), family.name


def test_times_and_sizes_end_with_their_unit(metrics):
    for family in metrics:
        first = family.documentation.split()[0]
        if family.type == "histogram" or first in ("Time", "Age", "Seconds"):
            assert family.name.endswith("_seconds"), family.name
        assert (first == "Bytes") == family.name.endswith("_bytes"), family.name


def test_every_metric_has_a_help_text_that_is_a_sentence(metrics):
    for family in metrics:
        assert re.fullmatch(r"[A-Z1][^\n]+\.", family.documentation), family.name


def test_every_part_shows_its_process_and_its_readiness(tmp_path):
    found, registries = families(tmp_path)
    assert {f"footprint_{part}_ready" for part in PARTS if part != "store"} <= {family.name for family in found}
    for registry in registries:
        assert "process_start_time_seconds" in {family.name for family in registry.collect()}


def test_each_name_belongs_to_one_part(metrics):
    names = [family.name for family in metrics]
    assert len(names) == len(set(names))
