"""Opens a page of the console as a reader does, and says what is wrong with it."""

from contextlib import contextmanager
from functools import cache
from pathlib import Path

from tests.integration.sdks.packages import node_packages
from tests.support.waiting import eventually

HERE = Path(__file__).parent
HEAVIEST = 300_000
SCHEMES, WIDTHS = ("light", "dark"), (1280, 390)
LOOKS = tuple((scheme, width) for scheme in SCHEMES for width in WIDTHS)
AXE = "async () => (await axe.run(document, {resultTypes: ['violations']})).violations.filter(one => ['serious', 'critical'].includes(one.impact))"


@cache
def axe():
    """Return the source of axe-core, from its locked package."""
    folder = node_packages(HERE, "axe-core, which looks at pages as readers with needs do,")
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")


@contextmanager
def reader(browser, filled, look, **more):
    """Give a page of somebody who is signed in, looks and width as said. Its `problems` are errors of the console, and what was refused.

    A request that ends because its page was left is none.
    """
    scheme, width = look
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce", **more)
    page = context.new_page()
    page.problems, page.weight = [], {}
    page.on("pageerror", lambda error: page.problems.append(f"error: {error}"))
    page.on("console", lambda message: message.type in ("error", "warning") and page.problems.append(f"console: {message.text}"))
    page.on("requestfailed", lambda request: "ERR_ABORTED" in (request.failure or "") or page.problems.append(f"failed: {request.url}"))
    page.on("response", lambda answer: answer.status >= 400 and page.problems.append(f"{answer.status}: {answer.url}"))
    try:
        sign_in(page, filled)
        yield page
    finally:
        context.close()


def sign_in(page, filled):
    """Sign in as people do."""
    page.goto(f"{filled.base}/sign-in")
    page.fill("[name=name]", filled.name)
    page.fill("[name=password]", filled.password)
    page.click("button[type=submit]")
    page.wait_for_url("**/overview*")


def looked_at(page, address):
    """Open a page, let its pieces come, and return everything that is wrong with it, and the bytes that it took."""
    page.problems.clear()
    answers = []

    def note(answer):
        answers.append(answer)

    page.on("response", note)
    page.goto(address)
    settle(page)
    page.remove_listener("response", note)
    weight = sum(int(answer.headers.get("content-length") or len(answer.body())) for answer in answers if answer.status == 200)
    page.evaluate(axe())
    found = [
        f"{one['id']} ({one['impact']}): {one['nodes'][0]['target']} {one['nodes'][0]['failureSummary']}" for one in page.evaluate(AXE)
    ]
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append(f"wider than its screen: {page.evaluate('document.documentElement.scrollWidth')} px, by {page.evaluate(WIDEST)}")
    if page.evaluate("document.querySelectorAll('[data-planted], img[src=x]').length"):
        found.append("what a visitor sent is part of the page")
    if weight > HEAVIEST:
        found.append(f"{weight} bytes")
    return found + page.problems, weight


WIDEST = """
() => [...document.querySelectorAll('main *, header *')].filter(one => one.getBoundingClientRect().right > innerWidth + 1
  && !one.parentElement.closest('.wide, .scroll, .columns > section, nav'))
  .slice(0, 3).map(one => one.tagName + '.' + one.className).join(' ')
"""


def settle(page):
    """Wait until the pieces that come after a page are there: htmx asks for them while it loads, and marks what it waits for."""
    eventually(lambda: page.evaluate("document.querySelector('.htmx-request') === null"), every=0.02)
