"""Every page of the console, in a browser, over a line that the demo filled: readable by everybody, light, and without an error."""

from urllib.parse import quote

import pytest

from tests.integration.console.filling import HOSTILE_CUSTOMER, fill
from tests.integration.console.finding import Found, client_of, find_pages
from tests.integration.console.visiting import LOOKS, looked_at, reader, settle

pytestmark = [pytest.mark.browser, pytest.mark.line, pytest.mark.kafka, pytest.mark.store]

SITE = "console"
BY_SIZE = {"/s/{site}/earlier/{customer}"}
"""Pages that only lead somewhere when there is more than the demo has."""


BUSY = ("overview", "customers", "customers/{customer}", "tasks")


@pytest.fixture(scope="module")
def filled(line):
    return fill(line, SITE, hours=3)


@pytest.fixture(scope="module")
def found(filled):
    return find_pages(filled)


def hostile(filled):
    """Return the page of the customer who sends what a careless page would run."""
    return f"/s/{filled.site}/customers/{quote(HOSTILE_CUSTOMER)}"


def test_every_page_of_the_route_table_can_be_reached_by_links(found):
    assert set(found[1]) <= BY_SIZE


def test_no_page_has_a_serious_flaw_in_any_of_its_looks(chromium, filled, found):
    """The pages that are open all day, each in one look; `make chaos PART=console` opens every page in every look."""
    busy = [one for one in found[0] if one.template.removeprefix("/s/{site}/") in BUSY]
    wrong, whole = {}, [*busy, Found("a hostile customer", hostile(filled), whole=True)]
    assert len(busy) == len(BUSY)
    for at, look in enumerate(LOOKS):
        with reader(chromium, filled, look) as page:
            for one in whole[at :: len(LOOKS)]:
                flawed, _ = looked_at(page, filled.base + one.address)
                if flawed:
                    wrong[f"{one.template} {look}"] = flawed
    assert wrong == {}


FOCUS = """
() => {
  const one = document.activeElement, box = one.getBoundingClientRect(), style = getComputedStyle(one);
  return {name: one.tagName.toLowerCase(), text: (one.textContent || one.name || '').trim().slice(0, 40), href: one.getAttribute('href') || '',
    seen: box.width > 0 && box.height > 0 && box.left >= 0 && box.right <= innerWidth + 1 && box.top >= 0 && box.top < innerHeight,
    marked: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
    place: [...document.querySelectorAll('*')].indexOf(one)};
}
"""


def test_the_customer_page_is_walked_by_keyboard_alone(chromium, filled, found):
    address = next(one.address for one in found[0] if one.template == "/s/{site}/customers/{customer}")
    with reader(chromium, filled, ("light", 1280)) as page:
        page.goto(filled.base + address)
        settle(page)
        stops = walk(page)
        assert stops[0]["text"] == "Skip to the page"
        assert [stop for stop in stops if not (stop["seen"] and stop["marked"])] == []
        assert [stop["place"] for stop in stops] == sorted(stop["place"] for stop in stops)
        assert len(stops) > 10

        page.reload()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        step_to(page, lambda stop: stop["name"] == "summary" and page.evaluate("document.activeElement.closest('.chapter') !== null"))
        before = page.evaluate("document.activeElement.parentElement.open")
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.parentElement.open") is not before
        page.keyboard.press("Space")
        assert page.evaluate("document.activeElement.parentElement.open") is before

        page.reload()
        step_to(page, lambda stop: "/sql/customer_timeline" in stop["href"])
        page.keyboard.press("Enter")
        page.wait_for_url("**/sql/customer_timeline*")
        page.go_back(wait_until="commit")  # a page that was kept does not load again
        page.locator(".chapter").first.wait_for()
        assert "/customers/" in page.url
        assert page.problems == []


def walk(page):
    """Press Tab until the page is through; return every stop."""
    stops = []
    for _ in range(300):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUS)
        if stop["name"] == "body" or (stops and stop["place"] == stops[0]["place"]):
            return stops
        stops.append(stop)
    raise AssertionError("the walk does not end")


def step_to(page, wanted):
    """Press Tab until the focus is on what is wanted."""
    for _ in range(300):
        page.keyboard.press("Tab")
        if wanted(page.evaluate(FOCUS)):
            return
    raise AssertionError("it cannot be reached by Tab")


def test_what_visitors_send_is_on_many_pages_and_text_on_each(filled, found):
    """Whether a browser takes it for text is looked at with the other flaws; here, that it is there to be taken for more."""
    addresses = [one.address for one in found[0] if one.whole] + [hostile(filled)]
    with client_of(filled) as client:
        texts = [client.get(address).text for address in addresses]
    assert [address for address, text in zip(addresses, texts, strict=True) if "<img" in text.replace('<img src="/static/', "")] == []
    assert sum("data-planted" in text for text in texts) >= 4


def test_without_scripts_every_page_says_the_same(chromium, filled, found):
    with reader(chromium, filled, ("light", 1280), java_script_enabled=False) as page:
        page.goto(f"{filled.base}/s/{SITE}/overview")
        assert page.locator("figure.chart table").first.count() == 1
        page.goto(f"{filled.base}/s/{SITE}/plan")
        page.click("text=Show it alone")
        assert page.locator("td, p").first.count() == 1
        assert [problem for problem in page.problems if "console:" not in problem] == []  # that scripts are off is said there
