"""The documented consumers of scores, as they stand in `examples/`, on a running line."""

import json
import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from footprint.parts.run_file import read_run
from tests.integration.sdks.packages import node_packages
from tests.support.waiting import eventually

pytestmark = [pytest.mark.line, pytest.mark.kafka, pytest.mark.timeout(300)]

EXAMPLES = Path(__file__).parents[2] / "examples"
SITE = "followed"


def python():
    return [sys.executable, EXAMPLES / "consume_scores.py"]


def node():
    # Node looks for packages beside the program, so the program is put beside them
    folder = node_packages(EXAMPLES, "the consumers for Node")
    (folder / "consume_scores.mjs").write_bytes((EXAMPLES / "consume_scores.mjs").read_bytes())
    return ["node", folder / "consume_scores.mjs"]


@contextmanager
def following(command, bootstrap):
    """A running consumer, and the last line that it printed of each key."""
    last = {}
    process = subprocess.Popen(
        [*command, bootstrap, SITE], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={"PATH": os.environ["PATH"]}
    )

    def read():
        for line in process.stdout:
            told = json.loads(line)
            last[told["key"]] = told

    reading = threading.Thread(target=read, daemon=True)
    reading.start()
    try:
        yield last
    finally:
        process.kill()
        process.wait()
        reading.join(5)
        process.stdout.close()
        process.stderr.close()


def send(line, *messages):
    answer = httpx2.post(
        f"{read_run(line.data_dir).collector}/v1/batch", json={"batch": messages}, headers={"x-write-key": SITE}, timeout=20
    )
    assert answer.json()["accepted"] == len(messages)


def page(visitor, path):
    return {"type": "page", "anonymousId": visitor, "properties": {"url": f"https://followed.example{path}"}}


def test_both_consumers_read_the_table_of_scores_and_follow_it(line):
    bootstrap, key = read_run(line.data_dir).kafka, f"{SITE}:v:v1:engagement"
    send(line, page("v1", "/pricing"), page("v2", "/"))
    with following(python(), bootstrap) as in_python, following(node(), bootstrap) as in_node:
        for last in (in_python, in_node):
            eventually(lambda: last[key]["value"] > 8 if key in last else None, 60)  # noqa: B023 - asked here and now
        assert in_python[key]["band"] == in_node[key]["band"] == "3"
        send(line, {"type": "identify", "anonymousId": "v1", "userId": "anna"}, {"type": "track", "userId": "anna", "event": "Signed Up"})
        anna = f"{SITE}:c:anna:engagement"
        for last in (in_python, in_node):
            eventually(lambda: last[key].get("gone") and last.get(anna, {}).get("value", 0) > 30, 60)  # noqa: B023
        assert in_python[anna]["version"] == in_node[anna]["version"]
        assert in_python[anna]["value"] == pytest.approx(in_node[anna]["value"], abs=0.1)
        assert in_python[anna]["band"] == in_node[anna]["band"] == "2"
