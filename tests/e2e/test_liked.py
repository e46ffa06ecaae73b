"""The shop shows first what its visitor likes: the snippet proves who is here, the collector tells what the site lists, and nothing else asks."""

import asyncio
from urllib.parse import urlsplit

import pytest

from collector.app import create_app
from collector.config import CollectorConfig
from collector.core.proofs import Proof
from collector.core.sites import SiteRules
from collector.ports import Tables
from footprint.parts.collector import SNIPPET
from tests.collector.conftest import NOW
from tests.collector.knowing import customer_token, profile
from tests.collector.recording import RecordingPublisher
from tests.collector.serving import serving_in_a_thread
from tests.e2e.conftest import shop_reporting_to

pytestmark = pytest.mark.browser

TEAS = "#teas h2"


class Growing:
    """The profiles topic, to which the test adds while it is followed."""

    def __init__(self):
        self.records = []

    async def follow(self, put, whole):
        done = 0
        while True:
            for key, value in self.records[done:]:
                put(key, value)
                done += 1
            whole()
            await asyncio.sleep(0.01)


@pytest.fixture(scope="module")
def topic():
    return Growing()


@pytest.fixture(scope="module")
def publisher():
    return RecordingPublisher()


@pytest.fixture(scope="module")
def collector(topic, publisher, tmp_path_factory):
    rules = SiteRules("demo", me_fields=frozenset({"interests", "stage"}), proof=Proof("demo", (b"visitors",), (b"k" * 32,)))
    folder = tmp_path_factory.mktemp("cache")
    config = CollectorConfig(sites={"shopkey": rules}, rules={"demo": rules}, partitions=1, snippet=SNIPPET, profiles=folder)
    with serving_in_a_thread(create_app(config, publisher, now_ms=lambda: NOW, tables=Tables(profiles=topic))) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def shop(collector):
    with shop_reporting_to(collector, "shopkey", "--profile") as address:
        yield address


@pytest.fixture
def asked(page):
    """The requests about profiles that the page sends."""
    found = []
    page.on("request", lambda request: urlsplit(request.url).path == "/v1/me" and found.append(request))
    return found


def home(page, shop):
    page.goto(shop)
    page.locator("html[data-profile]").wait_for(state="attached")
    return page.locator(TEAS).all_inner_texts()


def test_what_a_visitor_looked_at_comes_first_on_the_next_visit(page, shop, topic, publisher, asked):
    assert home(page, shop)[0] == "Morning Oolong"
    visitor = page.evaluate("new Promise((told) => footprint('ready', (here) => told(here.visitorId)))")
    page.goto(f"{shop}/products/smoke-and-pine")
    page.evaluate("new Promise((told) => footprint('ready', told))")
    topic.records.append(profile("demo", f"v:{visitor}", "smoked tea"))
    assert home(page, shop)[0] == "Smoke & Pine"
    assert "for you" in page.inner_text("#teas .card >> nth=0")
    assert [request.method for request in asked if request.method != "OPTIONS"] == ["POST", "GET", "GET"]
    viewed = [event for event in publisher.stored if event.get("name") == "Product Viewed"]
    assert [(event["visitor_id"], event["props"]["category"]) for event in viewed] == [(visitor, "smoked tea")]
    assert {event["visitor_id"] for event in publisher.stored} == {visitor}  # from the very first event on


def test_who_forgets_leaves_nothing_for_the_next_person_at_the_browser(page, shop, topic):
    home(page, shop)
    visitor = page.evaluate("new Promise((told) => footprint('ready', (here) => told(here.visitorId)))")
    topic.records.append(profile("demo", f"v:{visitor}", "green tea"))
    assert home(page, shop)[0] == "Rain Sencha"
    page.evaluate("footprint('reset')")
    assert page.evaluate("document.cookie + Object.keys(localStorage)").count("fp_proof") == 0
    assert home(page, shop)[0] == "Morning Oolong"


def test_a_customer_is_shown_theirs_with_the_word_of_the_sites_server_only(page, shop, topic):
    topic.records.append(profile("demo", "c:ada", "green tea"))
    home(page, shop)
    page.evaluate("footprint('identify', 'ada')")
    assert home(page, shop)[0] == "Morning Oolong"
    told = page.evaluate("(word) => new Promise((told) => footprint('profile', told, word))", customer_token("ada"))
    assert told["interests"][0]["category"] == "green tea"


def test_a_browser_that_must_not_be_tracked_asks_for_nothing(chromium, shop):
    context = chromium.new_context()
    context.add_init_script("Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', {get: () => true})")
    own = context.new_page()
    found = []
    own.on("request", lambda request: "/v1/" in request.url and found.append(request.url))
    assert home(own, shop)[0] == "Morning Oolong"
    assert found == []
    context.close()
