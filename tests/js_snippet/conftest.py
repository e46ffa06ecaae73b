"""A browser; a site, an endpoint and a page per test, where no page may ever see an error of ours."""

import json
import os
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Error

from tests.js_snippet.recording import Site, endpoint
from tests.support.browser import chromium

__all__ = ["chromium", "endpoint"]

RAN = os.environ.get("FOOTPRINT_SNIPPET_RAN", "")
"""Where tests.js_snippet.coverage wants to read which lines ran; empty in every other run."""


class Counted:
    """Writes down which lines of the snippet ran in a context: pages say it when they are left, the last ones when asked."""

    def __init__(self, context):
        self._context = context
        self._said = []
        context.on("console", self._hear)

    def _hear(self, message):
        mark, _, told = message.text.partition(" ")
        if mark == "fp-coverage":
            self._said.append(told)

    def finish(self):
        """Ask the pages that are open, and write."""
        for page in self._context.pages:
            for frame in page.frames:
                with suppress(Error):
                    self._said.append(json.dumps(frame.evaluate("window.__fp_ran ? __fp_ran() : []")))
        with Path(RAN).open("a", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in self._said)


@pytest.fixture
def site(endpoint):
    server = Site(endpoint)
    yield server
    server.close()


@pytest.fixture
def context(chromium):
    context = chromium.new_context()
    counted = Counted(context) if RAN else None
    yield context
    if counted:
        counted.finish()
    context.close()


@pytest.fixture
def page(context):
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    assert errors == []
