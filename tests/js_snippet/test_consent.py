"""The visitor's choice."""

import pytest

from tests.js_snippet.recording import forgotten

pytestmark = pytest.mark.browser

STORED = "[...Object.keys(localStorage), ...Object.keys(sessionStorage), document.cookie].filter(Boolean)"


@pytest.fixture
def pending(page, site):
    site.attributes += ' data-consent="pending"'
    page.goto(f"{site.address}/asked")
    page.evaluate("footprint('track', 'early')")


def test_until_the_visitor_chose_nothing_is_stored_and_afterwards_everything_is_sent(page, endpoint, pending):
    assert page.evaluate(STORED) == []
    assert endpoint.requests == []
    page.evaluate("footprint('consent', 'granted')")
    endpoint.wait(lambda: len(endpoint.events) == 3)
    consent = endpoint.of("consent")[0]
    assert sorted(event["type"] for event in endpoint.events) == ["page", "track", "track"]
    assert (consent["event"], consent["properties"]) == ("Consent Updated", {"consent": "granted"})
    assert len({event["anonymousId"] for event in endpoint.events}) == 1


def test_at_most_fifty_events_wait_for_the_choice(page, endpoint, pending):
    page.evaluate("for (let n = 0; n < 60; n++) footprint('track', 'n' + n)")
    page.evaluate("footprint('consent', 'granted')")
    endpoint.wait(lambda: len(endpoint.events) >= 51)  # in more than one batch
    forgotten(page)
    assert len(endpoint.events) == 51


def test_an_event_that_cannot_be_told_takes_none_with_it_that_waits(page, endpoint, pending):
    page.evaluate("const loop = {}; loop.loop = loop; footprint('track', 'loop', loop); footprint('track', 'late')")
    page.evaluate("footprint('consent', 'granted')")
    endpoint.wait(lambda: {"early", "late"} <= {event.get("event") for event in endpoint.events})


def test_after_a_no_only_that_no_is_sent_without_ids(page, site, endpoint, pending):
    page.evaluate("footprint('consent', 'denied'); footprint('track', 'late')")
    [event] = endpoint.wait_for("consent")
    assert event["properties"] == {"consent": "denied"}
    assert not {"anonymousId", "userId", "context", "pageviewId"} & set(event)
    forgotten(page)
    page.goto(f"{site.address}/next")
    page.evaluate("footprint('track', 'later')")
    assert page.evaluate("localStorage.getItem('fp_visitor')") in (None, "")
    assert [event["type"] for event in endpoint.events] == ["track"]


def test_another_word_is_no_choice(page, site, endpoint, pending):
    page.evaluate("for (const word of ['not granted', 'granted!', 'GRANTED', '', undefined]) footprint('consent', word)")
    page.evaluate("footprint('track', 'still waiting'); new Promise(setTimeout)")
    assert page.evaluate(STORED) == []
    page.evaluate("footprint('consent', 'granted')")
    endpoint.wait(lambda: any(event.get("event") == "still waiting" for event in endpoint.events))
    assert len(endpoint.of("consent")) == 1


def test_a_choice_holds_on_the_next_page(page, site, endpoint, pending):
    page.evaluate("footprint('consent', 'granted')")
    endpoint.wait_for("consent")
    page.goto(f"{site.address}/next")
    assert endpoint.wait_for("page_view", 2)[1]["context"]["page"]["title"] == "/next"


def test_withdrawing_forgets_the_visitor(page, site, endpoint):
    page.goto(site.address)
    endpoint.wait_for("page_view")
    page.evaluate("footprint('consent', 'denied')")
    endpoint.wait_for("consent")
    assert page.evaluate("localStorage.getItem('fp_visitor')") in (None, "")
    assert page.evaluate("new Promise((done) => footprint('ready', (it) => done(it.visitorId === undefined)))") is True


def test_global_privacy_control_is_honoured(page, site, endpoint):
    site.pages["/plain"] = "<!doctype html><title>plain</title>"
    page.add_init_script("Object.defineProperty(navigator, 'globalPrivacyControl', {get: () => true})")
    page.goto(site.address)
    page.evaluate("footprint('track', 'one'); footprint('identify', 'ada'); footprint('consent', 'granted')")
    assert page.evaluate("new Promise((done) => footprint('ready', (it) => done(it.visitorId === undefined)))") is True
    assert page.evaluate(STORED) == []
    page.evaluate("location.href = '/plain'")
    page.wait_for_url("**/plain")
    assert endpoint.requests == []
