"""A browser, and the shop as a process of its own."""

import contextlib
import signal
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from footprint.demo.line import free_ports
from tests.js_snippet.recording import endpoint
from tests.support.browser import chromium
from tests.support.waiting import eventually

__all__ = ["chromium", "endpoint"]


@pytest.fixture
def page(chromium):
    context = chromium.new_context()
    page = context.new_page()
    problems = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: message.type == "error" and problems.append(message.text))
    yield page
    context.close()
    assert problems == []


@contextlib.contextmanager
def shop_reporting_to(collector, key, *arguments):
    """Give the address of a running shop; it must end well."""
    [port] = free_ports(1)
    process = subprocess.Popen(
        [sys.executable, "-m", "footprint.demo.shop", "--port", str(port), "--collector", collector, "--key", key, *arguments]
    )
    try:
        eventually(lambda: answers(f"http://127.0.0.1:{port}/ready"))
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        code = process.wait(15)
    assert code == 0


def answers(url):
    with contextlib.suppress(urllib.error.URLError, ConnectionError), urllib.request.urlopen(url) as answer:
        return answer.status == 200


@pytest.fixture
def shop(endpoint):
    with shop_reporting_to(endpoint.address, "shopkey") as address:
        yield address
