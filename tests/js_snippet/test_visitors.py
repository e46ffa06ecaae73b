"""Who is here: over tabs, subdomains and domains, by the browser's memory or the collector's cookie. With the real collector."""

import re

import pytest

from tests.js_snippet.collecting import Collector
from tests.js_snippet.recording import STUB

pytestmark = pytest.mark.browser


@pytest.fixture
def collector():
    running = Collector()
    yield running
    running.close()


@pytest.fixture
def show(page, site, collector):
    """Opens a page of a host, with the snippet set up as asked."""

    def open_page(host, path="/", attributes="", build="fp.js"):
        address = f"http://collector.shop.localhost:{collector.port}"
        script = f'<script defer src="{address}/{build}" data-key="KEY" data-collector="{address}" {attributes}></script>'
        site.pages[path] = f"<!doctype html><title>{path}</title>{STUB}{script}<body>{site.body}"
        page.goto(f"http://{host}:{site.address.rpartition(':')[2]}{path}")

    return open_page


def forget(page):
    """Do what a browser does that keeps nothing which scripts wrote."""
    page.evaluate("localStorage.clear(); document.cookie = 'fp_visitor=;path=/;domain=shop.localhost;max-age=0'")
    assert page.evaluate("[document.cookie, localStorage.length]") == ["", 0]


def test_subdomains_share_a_visitor(show, collector):
    show("www.shop.localhost", "/a")
    [first] = collector.wait_for("page_view")
    show("blog.shop.localhost", "/b")
    second = collector.wait_for("page_view", 2)[1]
    assert first["visitor_id"] == second["visitor_id"]


def test_mode_server_finds_the_visitor_again_when_the_page_has_forgotten(page, show, collector):
    show("www.shop.localhost", "/a", 'data-mode="server"')
    [first] = collector.wait_for("page_view")
    cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
    assert cookies["fp_id"]["httpOnly"]
    assert first["visitor_id"] not in cookies["fp_id"]["value"]
    forget(page)
    show("www.shop.localhost", "/b", 'data-mode="server"')
    second = collector.wait_for("page_view", 2)[1]
    assert first["visitor_id"] == second["visitor_id"]


def test_mode_server_begins_anew_after_a_reset(page, show, collector):
    with page.expect_response("**/v1/visitor"):
        show("www.shop.localhost", "/a", 'data-mode="server"')
    [first] = collector.wait_for("page_view")
    with page.expect_response("**/v1/visitor"):
        page.evaluate("footprint('reset')")
    show("www.shop.localhost", "/b", 'data-mode="server"')
    second = collector.wait_for("page_view", 2)[1]
    assert first["visitor_id"] != second["visitor_id"]


def test_mode_server_does_not_wait_for_a_collector_that_is_silent(page, show, collector):
    page.route("**/v1/visitor", lambda _route: None)
    show("www.shop.localhost", "/a", 'data-mode="server"')
    [view] = collector.wait_for("page_view")
    assert view["visitor_id"]


def test_mode_server_loses_nothing_when_the_page_is_left_before_the_answer(page, site, show, collector):
    page.route("**/v1/visitor", lambda _route: None)
    site.pages["/plain"] = "<!doctype html><title>plain</title>"
    show("www.shop.localhost", "/a", 'data-mode="server"')
    page.evaluate("footprint('track', 'one'); location.href = '/plain'")
    collector.wait_for("one")
    collector.wait_for("page_view")


def test_mode_server_asks_nothing_before_consent(page, show, collector):
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "/v1/" in request.url else None)
    show("www.shop.localhost", "/a", 'data-mode="server" data-consent="pending"')
    page.evaluate("new Promise((done) => footprint('ready', done))")
    assert asked == []
    assert page.context.cookies() == []
    page.evaluate("footprint('consent', 'granted')")
    collector.wait_for("page_view")
    assert any("/v1/visitor" in url for url in asked)


def test_another_domain_of_the_site_takes_the_visitor_over(page, site, show, collector):
    port = site.address.rpartition(":")[2]
    site.body = f'<a id=other href="http://other.localhost:{port}/there?a=1#x">Other</a>'
    show("www.shop.localhost", "/here", 'data-domains="other.localhost"', build="fp.full.js")
    show_there = site.pages["/here"]
    site.pages["/there"] = show_there
    [first] = collector.wait_for("page_view")
    with page.expect_response("**/v1/visitor"):
        page.hover("#other")
    page.click("#other")
    page.wait_for_url(re.compile("other.localhost.*/there"))
    second = collector.wait_for("page_view", 2)[1]
    assert second["visitor_id"] == first["visitor_id"]
    assert second["url"] == page.url == f"http://other.localhost:{port}/there?a=1#x"  # the token is gone from the address
    assert [click["name"] for click in collector.wait_for("click")] == ["link"]


def test_a_forged_token_is_nobody(page, site, show, collector):
    show("www.shop.localhost", "/there", build="fp.full.js")
    [first] = collector.wait_for("page_view")
    page.goto(f"{page.url}?_fpx=0.dmljdGlt.forged")
    second = collector.wait_for("page_view", 2)[1]
    assert second["visitor_id"] == first["visitor_id"]
    assert "_fpx" not in page.url
