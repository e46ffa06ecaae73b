"""The SDKs for servers, unmodified from their packages, through the running line into the store."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.sdks.packages import node_packages, python_packages
from tests.integration.sdks.rows import stored_kinds
from tests.support.commands import ask

pytestmark = [pytest.mark.line, pytest.mark.kafka, pytest.mark.store, pytest.mark.timeout(300)]

PROGRAMS = Path(__file__).parent / "programs"
COUNT = 250
"""More than any of them puts into one request."""


def python(name, *arguments):
    own = {"PYTHONPATH": str(python_packages()), "PATH": os.environ["PATH"]}
    return subprocess.run([sys.executable, PROGRAMS / name, *arguments], env=own, capture_output=True, text=True, timeout=90)


def node(name, *arguments):
    # Node looks for packages beside the program, so the program is put beside them
    folder = node_packages()
    (folder / name).write_bytes((PROGRAMS / name).read_bytes())
    return subprocess.run(["node", folder / name, *arguments], cwd=folder, capture_output=True, text=True, timeout=90)


@pytest.mark.parametrize(
    ("site", "run", "program"),
    [
        ("segment-python", python, "segment_python.py"),
        ("rudderstack-python", python, "rudderstack_python.py"),
        ("segment-node", node, "segment_node.mjs"),
        ("rudderstack-node", node, "rudderstack_node.mjs"),
    ],
)
def test_every_call_of_a_servers_sdk_is_one_row(line, collector, site, run, program):
    done = run(program, collector, site, str(COUNT))
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    expected = {"identify": 1, "page_view": 2, "purchase": 1, "group": 1, "alias": 1, "custom": COUNT}
    assert stored_kinds(line, site, expected) == expected
    assert ask(line, f"SELECT name, value, currency, visitor_id, customer_id FROM events WHERE site = '{site}' AND kind = 'purchase'") == [
        ["Order Completed", 49.5, "EUR", "v-1", "c-1"]
    ]
    assert ask(line, f"SELECT url_path, referrer FROM events WHERE site = '{site}' AND url != ''") == [
        ["/prices", "https://search.example/"]
    ]
    steps = f"SELECT count(DISTINCT event_id), countIf(ts_source = 'client'), sum(toInt64(props.number)) FROM events WHERE site = '{site}' AND name = 'Step Taken'"
    assert [list(map(int, row)) for row in ask(line, steps)] == [[COUNT, COUNT, sum(range(COUNT))]]
    assert ask(line, f"SELECT count() FROM rejected WHERE site = '{site}'") in ([["0"]], [[0]])
