"""A real Chrome or Chromium for tests, driven by Playwright: the installed one, never a downloaded build."""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
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

    Hold it while this thread needs no loop of its own: Playwright's runs in it until then.
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


class Kept:
    """A browser that modules use one after another, for a launch takes longer than most tests."""

    def __init__(self) -> None:
        self._launched: ExitStack | None = None
        self._browser: Browser | None = None

    def browser(self) -> Browser:
        """Return the running browser; launches one where none runs."""
        if self._browser is None or not self._browser.is_connected():
            self.close()
            self._launched = ExitStack()
            self._browser = self._launched.enter_context(launched())
        return self._browser

    def leave(self, item: pytest.Item, following: pytest.Item | None) -> None:
        """End the browser after a module unless the next one begins with it: other tests may run a loop in this thread."""
        if following is None or (following.path != item.path and "chromium" not in getattr(following, "fixturenames", ())):
            self.close()

    def close(self) -> None:
        """End the browser, if one runs."""
        if self._launched:
            self._launched.close()
        self._launched = self._browser = None


KEPT = pytest.StashKey[Kept]()


@pytest.fixture(scope="module")
def chromium(pytestconfig: pytest.Config) -> Browser:
    """A browser that runs for this module at least."""
    return pytestconfig.stash[KEPT].browser()
