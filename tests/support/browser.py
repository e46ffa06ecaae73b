"""A real Chrome or Chromium for tests, driven by Playwright: the installed one, never a downloaded build."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-gpu",
    "--disable-quic",
]
HIDING = ["--disable-back-forward-cache"]
"""What Playwright switches off by itself and the tests need: returning to a page as visitors do."""


def find_browser() -> Path | None:
    """Return the browser that CHROME_BIN names, else the first one installed, None when there is none."""
    named = os.environ.get("CHROME_BIN")
    found = [named] if named else [*filter(None, map(shutil.which, NAMES)), *PLACES]
    return next((Path(path) for path in found if os.access(path, os.X_OK)), None)


@contextmanager
def launched() -> Iterator[Browser]:
    """Give a running headless browser, ended on leaving.

    Hold it for one module at most: Playwright's loop runs in this thread until then, and asynchronous tests need it.
    """
    path = find_browser()
    if path is None:
        raise RuntimeError("No Chrome or Chromium was found. Run tests/prepare-browser and try again.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS, ignore_default_args=HIDING)
        try:
            yield browser
        finally:
            browser.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser per module."""
    with launched() as browser:
        yield browser
