"""Every example of docs/reference/http.md answers what the page says, typed into a shell as it stands there."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from collector.app import create_app
from collector.config import CollectorConfig
from collector.core.openapi import document
from collector.core.sites import SiteRules
from schemas.rejections import Reason
from tests.collector.recording import RecordingPublisher
from tests.collector.serving import serving_in_a_thread

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "http.md").read_text("utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
CURL = 'curl() { command curl -sS --max-time 20 "$@" -w "%{stderr}<%{http_code}>"; }\n'
"""The status goes where no example looks."""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    snippet = tmp_path_factory.mktemp("snippet") / "fp.js"
    snippet.write_text("window.footprint = 1", "utf-8")
    config = CollectorConfig(sites={"demo": SiteRules("demo")}, partitions=4, snippet=snippet)
    with serving_in_a_thread(create_app(config, RecordingPublisher())) as port:
        yield f"http://127.0.0.1:{port}"


def expected(block):
    """Return the status of each command: what the comment before it says, else 200."""
    commands = re.findall(r"^(?:# (\d{3})\b.*\n)?(?!#).*\bcurl ", block, re.MULTILINE)
    return [int(status or 200) for status in commands]


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_an_example_answers_what_the_page_says(address, block):
    assert shutil.which("curl"), "curl is what the examples are written for: install it"
    script = CURL + block.replace("http://127.0.0.1:8000", address)
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60)
    assert [int(status) for status in re.findall(r"<(\d{3})>", done.stderr)] == expected(block), done.stdout + done.stderr


def test_every_path_status_and_reason_is_on_the_page():
    described = document("1")["paths"]
    for path, methods in described.items():
        plain = path if path.startswith(("/v1/", "/beacon")) or f"/v1{path}" not in described else f"/v1{path}"
        name = plain.removeprefix("/v1/pixel/")
        assert f"`{plain}" in PAGE or (name != plain and f"{name}" in PAGE), path
        statuses = {status for operation in methods.values() for status in operation["responses"]} - {"200", "304"}
        assert all(re.search(rf"\b{status}\b", PAGE) for status in statuses), path
    assert all(f"| `{reason}` |" in PAGE for reason in Reason)
