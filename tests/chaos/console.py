"""Every page of the console in every look, over a line that the demo filled: no serious flaw for readers with needs, no error, nothing heavy, nothing too wide.

Method: `footprint up` with the demo's day and campaign, a plan, what was turned away, and a visitor who sends text that would be run wherever it is not taken
for text. A real Chromium opens every page of the route table, found by links, in light and dark at 1280 and 390 pixels; axe-core looks for serious and
critical flaws.
"""

import tempfile
from pathlib import Path
from urllib.parse import quote

from bench.report import Report
from footprint.demo.campaign import story
from footprint.demo.line import Line
from tests.integration.console.filling import HOSTILE_CUSTOMER, fill
from tests.integration.console.finding import Found, find_pages
from tests.integration.console.visiting import HEAVIEST, LOOKS, looked_at, reader
from tests.support.browser import launched

SITE = "demo"
UNREACHED = 1
"""Pieces that nothing leads to with what the demo has: the part of a timeline before its first 300 events."""


def run() -> bool:
    """Open all pages, print and write the table; True when nothing is wrong with any."""
    with tempfile.TemporaryDirectory(prefix="footprint-console-") as folder:
        Path(folder, "footprint.toml").write_text(story.SETTINGS, "utf-8")
        with Line(Path(folder), session_update_s="1", trusted_proxies="127.0.0.1/32") as line, launched() as browser:
            return _look(browser, fill(line, SITE, campaign=True))


def _look(browser, filled) -> bool:
    found, unreached = find_pages(filled)
    found.append(Found("a hostile customer", f"/s/{SITE}/customers/{quote(HOSTILE_CUSTOMER)}", whole=True))
    report = Report("console-pages", ["page", "looks without a flaw", "bytes at most"])
    wrong: list[str] = []
    seen: dict[str, list[int]] = {one.template: [] for one in found if one.whole}
    for look in LOOKS:
        with reader(browser, filled, look) as page:
            for one in found:
                if one.whole:
                    flaws, weight = looked_at(page, filled.base + one.address)
                    wrong += [f"{one.template} {look}: {flaw}" for flaw in flaws]
                    seen[one.template].append(-1 if flaws else weight)
    for template, weights in seen.items():
        report.row(template, f"{sum(weight >= 0 for weight in weights)} of {len(LOOKS)}", f"{max(weights):,}")
    report.note(
        f"Looks: {', '.join(f'{scheme} at {width} px' for scheme, width in LOOKS)}. Bound: {HEAVIEST:,} bytes with everything that a page loads."
    )
    report.note(f"Not reached: {', '.join(unreached) or 'none'}. Wrong: {'; '.join(wrong) or 'nothing'}.")
    report.finish()
    return not wrong and len(unreached) <= UNREACHED
