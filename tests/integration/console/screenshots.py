"""Pictures of the console for docs/console: `python -m tests.integration.console.screenshots`, which `make screenshots` runs."""

import html
import io
import re
import tempfile
from dataclasses import replace
from pathlib import Path

from PIL import Image

from footprint.demo.campaign import story
from footprint.demo.line import Line
from tests.integration.console.filling import fill
from tests.integration.console.finding import LINK, client_of, find_pages
from tests.integration.console.visiting import LOOKS, reader, settle
from tests.support.browser import launched

FOLDER = Path(__file__).parents[3] / "docs" / "console"
COLOURS = 64
LARGEST = 100_000
HEIGHTS = {1280: 900, 390: 844}
"""What is seen of a page before it is scrolled, at each width."""


def main():
    """Fill a line of its own and take the pictures anew."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="footprint-console-") as folder:
        Path(folder, "footprint.toml").write_text(story.SETTINGS, "utf-8")
        with Line(Path(folder), session_update_s="1", trusted_proxies="127.0.0.1/32") as line, launched() as browser:
            take(browser, fill(line, "demo", campaign=True, hostile=False))


def take(browser, filled):
    """Take a picture of every page in every look."""
    pages = [replace(one, address=_telling(filled, one)) for one in find_pages(filled)[0] if one.whole]
    for look in LOOKS:
        with reader(browser, filled, look) as page:
            page.set_viewport_size({"width": look[1], "height": HEIGHTS[look[1]]})
            for one in pages:
                page.goto(filled.base + one.address)
                settle(page)
                _write(FOLDER / f"{_name(one.template)}-{look[1]}-{look[0]}.png", page.screenshot())


def _telling(filled, one):
    """Return an address of a page on which there is much to see."""
    if one.template == "/s/{site}/tasks":
        return f"{one.address}?show=all"
    if one.template != "/s/{site}/customers/{customer}":
        return one.address
    with client_of(filled) as client:
        found = client.get(f"/s/{filled.site}/customers", params={"sort": "engagement"}).text
    return next(html.unescape(link) for link in LINK.findall(found) if f"/s/{filled.site}/customers/" in link)


def _name(template):
    return re.sub(r"\W+", "-", re.sub(r"/\{(\w+)\}", "-one", template.removeprefix("/s/{site}/"))).strip("-")


def _write(path, picture):
    """Write a picture with few colours: text on plain ground needs no more."""
    content = io.BytesIO()
    Image.open(io.BytesIO(picture)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(content, "PNG", optimize=True)
    assert content.tell() <= LARGEST, f"{path.name}: {content.tell()} bytes"
    path.write_bytes(content.getvalue())


if __name__ == "__main__":
    main()
