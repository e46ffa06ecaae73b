"""Page views: what counts as one, and what it says."""

import re

import pytest

pytestmark = pytest.mark.browser

PLAIN = "<!doctype html><title>plain</title><p>No snippet here"


def paths(endpoint):
    return [event["context"]["page"]["url"].split("/", 3)[3] for event in endpoint.of("page_view")]


def test_a_load_is_one_page_view_with_its_page_visitor_and_device(page, site, endpoint):
    page.goto(f"{site.address}/first?utm_source=mail")
    [view] = endpoint.wait_for("page_view")
    assert view["type"] == "page"
    assert view["context"]["page"] == {"url": f"{site.address}/first?utm_source=mail", "title": "/first", "referrer": ""}
    assert view["context"]["library"] == {"name": "fp.js", "version": "0.1.0"}
    assert view["context"]["screen"] == {"width": 1280, "height": 720}
    assert view["context"]["locale"] == "en-US"
    assert view["context"]["webdriver"] is True
    assert view["seq"] == 0
    for name in ("messageId", "anonymousId", "pageviewId"):
        assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", view[name])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", view["timestamp"])


def test_the_request_is_one_that_needs_no_preflight_and_carries_no_cookie(page, site, endpoint):
    page.goto(site.address)
    endpoint.wait_for("page_view")
    request = endpoint.requests[0]
    assert (request.method, request.path) == ("POST", "/v1/batch")
    assert request.headers["content-type"].lower() == "text/plain;charset=utf-8"
    assert "cookie" not in request.headers
    assert b'"writeKey":"KEY"' in request.body
    assert b'"sentAt":"20' in request.body


def test_the_next_page_has_the_same_visitor_another_page_view_and_a_referrer(page, site, endpoint):
    page.goto(f"{site.address}/a")
    endpoint.wait_for("page_view")
    page.evaluate("location.href = '/b'")
    first, second = endpoint.wait_for("page_view", 2)
    assert second["anonymousId"] == first["anonymousId"]
    assert second["pageviewId"] != first["pageviewId"]
    assert second["context"]["page"]["referrer"] == f"{site.address}/a"


def test_moves_of_a_single_page_application_count_with_the_new_title_and_the_old_address_as_referrer(page, site, endpoint):
    page.goto(f"{site.address}/start")
    page.evaluate("history.pushState({}, '', '/next'); document.title = 'Next'")
    view = endpoint.wait_for("page_view", 2)[1]
    assert view["context"]["page"] == {"url": f"{site.address}/next", "title": "Next", "referrer": f"{site.address}/start"}
    page.evaluate("history.back()")
    endpoint.wait_for("page_view", 3)
    assert paths(endpoint) == ["start", "next", "start"]


def test_a_push_to_the_same_path_is_no_page_view_and_a_redirect_in_one_task_is_one(page, site, endpoint):
    page.goto(f"{site.address}/start")
    page.evaluate("history.pushState({}, '', '/start?tab=2'); history.replaceState({}, '', '/start?tab=3')")
    page.evaluate("history.pushState({}, '', '/away'); history.replaceState({}, '', '/start')")
    page.evaluate("new Promise(setTimeout)")
    page.evaluate("history.pushState({}, '', '/gate'); history.replaceState({}, '', '/home')")
    endpoint.wait_for("page_view", 2)
    page.evaluate("footprint('track', 'last')")
    endpoint.wait_for("track")
    endpoint.wait(lambda: any(event.get("event") == "last" for event in endpoint.events))
    assert paths(endpoint) == ["start", "home"]


@pytest.mark.parametrize(
    ("mode", "move"),
    [
        ("push", ("history.replaceState({}, '', '/other')", ["start"])),
        ("replace", ("history.replaceState({}, '', '/other')", ["start", "other"])),
        ("push", ("location.hash = 'x'", ["start"])),
        ("hash", ("location.hash = 'x'", ["start", "start#x"])),
        ("off", ("history.pushState({}, '', '/other')", ["start"])),
    ],
)
def test_how_addresses_are_followed_is_an_attribute(page, site, endpoint, mode, move):
    script, expected = move
    site.attributes += f' data-spa="{mode}"'
    page.goto(f"{site.address}/start")
    page.evaluate(script)
    page.evaluate("new Promise((done) => setTimeout(() => done(footprint('track', 'last')), 20))")
    endpoint.wait(lambda: any(event.get("event") == "last" for event in endpoint.events))
    assert paths(endpoint) == expected


def test_returning_through_the_back_forward_cache_is_a_page_view(page, site, endpoint):
    site.pages["/plain"] = PLAIN
    page.goto(f"{site.address}/kept")
    endpoint.wait_for("page_view")
    page.evaluate("window.marked = true")
    page.evaluate("location.href = '/plain'")
    page.wait_for_url("**/plain")
    page.evaluate("history.back()")
    view = endpoint.wait_for("page_view", 2)[1]
    assert page.evaluate("window.marked") is True  # it was the cached page, not a new load
    assert view["properties"] == {"navigation": "back_forward"}
    assert view["pageviewId"] != endpoint.of("page_view")[0]["pageviewId"]


def test_a_tab_nobody_looked_at_is_not_viewed_until_somebody_does(page, site, endpoint):
    page.add_init_script("Object.defineProperty(document, 'hidden', {configurable: true, get: () => !window.seen})")
    page.goto(site.address)
    page.evaluate("footprint('track', 'early')")
    endpoint.wait(lambda: any(event.get("event") == "early" for event in endpoint.events))
    assert endpoint.of("page_view") == []
    page.evaluate("window.seen = true; document.dispatchEvent(new Event('visibilitychange'))")
    [view] = endpoint.wait_for("page_view")
    assert view["pageviewId"] == endpoint.events[0]["pageviewId"]


def test_a_prerendered_page_waits_until_it_is_shown(page, site, endpoint):
    page.add_init_script("Object.defineProperty(document, 'prerendering', {configurable: true, get: () => !window.shown})")
    page.goto(site.address)
    page.evaluate("footprint('track', 'early')")
    shown = page.evaluate("window.shown = new Date().toISOString(); document.dispatchEvent(new Event('prerenderingchange')); shown")
    endpoint.wait_for("track")
    assert endpoint.events[0]["timestamp"] >= shown
    assert [event["type"] for event in endpoint.events][:2] == ["page", "track"]


def test_addresses_leave_the_page_without_secrets(page, site, endpoint):
    page.goto(f"{site.address}/u/ada@example.com?token=abc123&q=tea&mail=ada%40example.com")
    [view] = endpoint.wait_for("page_view")
    assert view["context"]["page"]["url"] == f"{site.address}/u/redacted?token=redacted&q=tea&mail=redacted"
