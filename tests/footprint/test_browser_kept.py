"""The browser of a run is launched seldom, and never runs where a test needs the thread for itself."""

from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from tests.support import browser


@pytest.fixture
def log():
    return []


@pytest.fixture
def kept(monkeypatch, log):
    @contextmanager
    def launched():
        log.append("launched")
        yield SimpleNamespace(is_connected=lambda: "crashed" not in log)
        log.append("ended")

    monkeypatch.setattr(browser, "launched", launched)
    return browser.Kept()


def item_of(module, *fixtures):
    return SimpleNamespace(path=module, fixturenames=fixtures)


IN_A = item_of("a", "chromium")


@pytest.mark.parametrize("following", [item_of("a"), item_of("b", "page", "chromium")])
def test_it_goes_on_in_its_module_and_in_one_that_begins_with_it(kept, log, following):
    first = kept.browser()
    kept.leave(IN_A, following)
    assert kept.browser() is first
    assert log == ["launched"]


@pytest.mark.parametrize("following", [item_of("b"), None])
def test_it_ends_before_any_other_test(kept, log, following):
    kept.browser()
    kept.leave(IN_A, following)
    assert log == ["launched", "ended"]


def test_one_that_crashed_is_launched_anew(kept, log):
    first = kept.browser()
    log.append("crashed")
    assert kept.browser() is not first
