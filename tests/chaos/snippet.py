"""Pages left the moment something has happened, by a link, by a script, by closing the tab: every event must arrive without another page's help.

Method: a real Chromium and the real collector (its publisher records); LEFT pages a way, each left in the same task as its event. Each way has a visitor of
its own and no later page, so that nothing can be sent a second time from storage. The collector is then asked what it has.
"""

import re
from collections.abc import Callable
from contextlib import suppress

from playwright.sync_api import Browser, Page

from bench.report import Report
from tests.js_snippet.collecting import Collector
from tests.js_snippet.recording import STUB, Site
from tests.support.browser import launched
from tests.support.waiting import eventually

LEFT = 100
ARRIVE_S = 20


def run() -> bool:
    """Leave all pages, print and write the table; True when every event arrived."""
    report = Report("snippet-left-at-once", ["left by", "pages", "events arrived", "page views arrived"])
    collector = Collector()
    site = Site(collector)
    try:
        with launched() as browser:
            kept = [_leave(browser, site, collector, name=name, leave=leave, report=report) for name, leave in WAYS.items()]
    finally:
        site.close()
        collector.close()
    report.finish()
    return all(kept)


def _by_link(page: Page) -> None:
    page.evaluate(
        "document.body.innerHTML = '<a id=out href=/plain>out</a>'; footprint('track', NAME); document.getElementById('out').click()"
    )
    page.wait_for_url("**/plain")


def _by_script(page: Page) -> None:
    page.evaluate("footprint('track', NAME); location.href = '/plain'")
    page.wait_for_url("**/plain")


def _by_closing(page: Page) -> None:
    page.evaluate("footprint('track', NAME)")
    page.close(run_before_unload=False)


WAYS: dict[str, Callable[[Page], None]] = {"a link": _by_link, "a script": _by_script, "closing the tab": _by_closing}


def _leave(browser: Browser, site: Site, collector: Collector, *, name: str, leave: Callable[[Page], None], report: Report) -> bool:
    way = re.sub(r"\W", "-", name)
    site.pages["/plain"] = "<!doctype html><title>plain</title>"
    for number in range(LEFT):
        event = f"{way}-{number}"
        told = f'<script>window.NAME = "{event}"</script>{STUB}{site.script}'
        site.pages[f"/{event}"] = f"<!doctype html><title>{event}</title>{told}<body>"
        context = browser.new_context()  # nothing of it is left for a later page
        page = context.new_page()
        page.goto(f"{site.address}/{event}")
        leave(page)
        context.close()
    names = {f"{way}-{number}" for number in range(LEFT)}

    def arrived() -> tuple[int, int]:
        stored = collector.publisher.stored
        events = {one.get("name") for one in stored} & names
        views = {one.get("title") for one in stored if one["kind"] == "page_view"} & names
        return len(events), len(views)

    with suppress(AssertionError):  # the table says what is missing
        eventually(lambda: arrived() == (LEFT, LEFT), ARRIVE_S)
    events, views = arrived()
    report.row(name, str(LEFT), str(events), str(views))
    return events == views == LEFT
