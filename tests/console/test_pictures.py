"""docs/console.md shows every page of the console, in each of its looks, by pictures that are there and small."""

import re
from pathlib import Path

from tests.console.routes import pages

DOCS = Path(__file__).parents[2] / "docs"
LARGEST = 100_000


def test_every_picture_that_is_shown_is_there_and_every_one_that_is_there_is_shown():
    shown = set(re.findall(r"\(console/([\w-]+\.png)\)", (DOCS / "console.md").read_text("utf-8")))
    kept = {path.name: path.stat().st_size for path in (DOCS / "console").glob("*.png")}
    assert shown == kept.keys()
    assert [name for name, size in kept.items() if size > LARGEST] == []
    names = {name.removesuffix(".png").rsplit("-", 2)[0] for name in kept}
    assert kept.keys() == {f"{name}-{width}-{scheme}.png" for name in names for width in (1280, 390) for scheme in ("light", "dark")}


def test_every_page_of_the_menu_has_a_picture():
    menu = re.findall(r'\("(\w+)", "', (DOCS.parent / "console" / "templates" / "base.html").read_text("utf-8"))
    assert len(menu) >= 8
    assert [name for name in menu if not (DOCS / "console" / f"{name}-1280-light.png").is_file()] == []
    assert set(menu) <= {page.path.removeprefix("/s/shop/") for page in pages()}
