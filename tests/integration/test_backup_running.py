"""A backup while everything runs."""

import pytest

from sinks.clickhouse.schema import numbers
from tests.support.commands import run_json, run_program

pytestmark = [pytest.mark.line, pytest.mark.kafka, pytest.mark.store, pytest.mark.timeout(300)]


def test_a_running_line_is_backed_up_with_the_place_of_its_sink(line):
    made = run_json(line, "backup", "create", "--name", "running", "--json")
    assert {place["topic"] for place in made["places"]} >= {"footprint.tracked.v1", "footprint.scores.v1"}
    assert made["tables"]["schema_versions"] == len(numbers())
    assert set(made["fingerprints"]) >= {"settings", "signing-key"}
    assert "running" in run_program(line, "backup", "list").stdout
    refused = run_program(line, "backup", "restore", "running")
    assert (refused.returncode, "Stop it" in refused.stderr) == (1, True)
