"""Where the tests take broker and store from."""

import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.support.sources import Source, choose
from tests.support.summary import Summary

ROOT = Path(__file__).parents[2]
BROKER = {"FOOTPRINT_KAFKA_BOOTSTRAP": "broker:9092"}
STORE = {"FOOTPRINT_CLICKHOUSE_URL": "http://store:8123"}
WANTED = {"FOOTPRINT_TEST_CONTAINERS": "1"}


@pytest.mark.parametrize(
    ("environ", "answers", "broker", "store", "containers"),
    [
        ({}, False, Source.LOCAL, Source.LOCAL, "not run: no Docker engine answers"),
        ({}, True, Source.LOCAL, Source.LOCAL, "not run: FOOTPRINT_TEST_CONTAINERS is not 1"),
        (WANTED, True, Source.CONTAINER, Source.CONTAINER, "used"),
        (WANTED, False, Source.LOCAL, Source.LOCAL, "not run: no Docker engine answers"),
        (BROKER, False, Source.NAMED, Source.LOCAL, "not run: no Docker engine answers"),
        (STORE | WANTED, True, Source.CONTAINER, Source.NAMED, "used"),
        (BROKER | STORE | WANTED, True, Source.NAMED, Source.NAMED, "not run: settings name broker and store"),
    ],
)
def test_settings_come_before_containers_and_containers_before_local_servers(environ, answers, broker, store, containers):
    chosen = choose(environ, lambda: answers)
    assert (chosen.broker, chosen.store, chosen.containers) == (broker, store, containers)


def test_the_engine_is_not_asked_when_settings_name_both():
    def asked():
        raise AssertionError("asked")

    choose(BROKER | STORE, asked)


def test_the_last_lines_name_what_was_used_and_what_was_skipped():
    summary = Summary(broker="local Kafka", containers="not run: no Docker engine answers")
    summary.count({"kafka": 1})
    summary.count({"kafka": 1})
    lines = summary.lines(["no browser", "no browser", "slow"])
    assert "broker:     local Kafka" in lines
    assert "store:      not used" in lines
    assert "servers:    2 x kafka" in lines
    assert "containers: not run: no Docker engine answers" in lines
    assert lines[-1] == "skipped:    2 x no browser; 1 x slow"


def test_the_last_lines_name_what_every_process_of_the_run_used():
    summary = Summary()
    for port in (1, 2, 2):
        summary.merge(
            asdict(Summary(broker=f"Kafka, local ({port})", containers="not run: no Docker engine answers", started={"kafka": 1}))
        )
    lines = summary.lines([])
    assert "broker:     Kafka, local (1); Kafka, local (2)" in lines
    assert "servers:    3 x kafka" in lines
    assert "containers: not run: no Docker engine answers" in lines


@pytest.mark.parametrize(("ci", "code"), [("true", 1), ("", 0)])
def test_a_skipped_test_fails_the_run_where_nothing_may_be_skipped(tmp_path, ci, code):
    (tmp_path / "test_one.py").write_text("import pytest\n\ndef test_one():\n    pytest.skip('no moon')\n")
    program = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "tests.conftest",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(tmp_path),
        str(tmp_path),
    ]
    done = subprocess.run(program, cwd=ROOT, env=os.environ | {"CI": ci}, capture_output=True, text=True)
    assert done.returncode == code, done.stdout
    assert done.stdout.splitlines()[-1] == "skipped:    1 x no moon"
