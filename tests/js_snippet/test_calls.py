"""The one global: the stub, the queue, and what each call sends."""

import re

import pytest

from tests.js_snippet.recording import STUB

pytestmark = pytest.mark.browser


def custom(endpoint):
    return [event for event in endpoint.events if event.get("event") in ("one", "two", "three")]


def test_calls_made_before_the_file_arrives_are_replayed_in_order_after_the_page_view(page, site, endpoint):
    site.head += (
        "<script>footprint('track', 'one'); footprint('identify', 'ada', {plan: 'pot'}); footprint('track', 'two', {n: 2})</script>"
    )
    page.goto(site.address)
    endpoint.wait(lambda: len(custom(endpoint)) == 2)
    assert [event["type"] for event in endpoint.events] == ["page", "track", "identify", "track"]
    page_view, one, identify, two = endpoint.events
    assert [event["seq"] for event in endpoint.events] == [0, 1, 2, 3]
    assert "userId" not in page_view
    assert "userId" not in one
    assert (identify["userId"], identify["traits"]) == ("ada", {"plan": "pot"})
    assert (two["userId"], two["properties"]) == ("ada", {"n": 2})


def test_a_stub_that_somebody_kept_still_works(page, site, endpoint):
    site.head += "<script>window.kept = footprint</script>"
    page.goto(site.address)
    page.evaluate("kept('track', 'one')")
    endpoint.wait(lambda: len(custom(endpoint)) == 1)


def test_the_file_included_twice_counts_once(page, site, endpoint):
    site.head += STUB + site.script + STUB
    page.goto(site.address)
    page.evaluate("footprint('track', 'one')")
    endpoint.wait(lambda: len(custom(endpoint)) == 1)
    assert len(endpoint.of("page_view")) == 1


def test_it_works_before_the_body_without_defer_and_still_knows_the_title(page, site, endpoint):
    site.pages["/sync"] = f"<!doctype html>{STUB}{site.script.replace('defer ', '')}<title>Late title</title><p>Hello"
    page.goto(f"{site.address}/sync")
    [view] = endpoint.wait_for("page_view")
    assert view["context"]["page"]["title"] == "Late title"


def test_the_collector_is_where_the_file_came_from_when_not_named(page, site, endpoint):
    site.pages["/bare"] = f'<!doctype html>{STUB}<script defer src="{endpoint.address}/fp.js" data-key="KEY"></script>'
    page.goto(f"{site.address}/bare")
    endpoint.wait_for("page_view")


def test_init_configures_what_the_attributes_do_not(page, site, endpoint):
    site.attributes = ""
    site.head += "<script>footprint('track', 'one')</script>"
    page.goto(site.address)
    page.evaluate("footprint('track', 'two'); footprint('init', {key: 'LATER', auto: ''}); footprint('track', 'three')")
    endpoint.wait(lambda: len(custom(endpoint)) == 3)
    assert [event["event"] for event in endpoint.events] == ["one", "two", "three"]
    assert b'"writeKey":"LATER"' in endpoint.requests[0].body


def test_page_alias_and_group_are_segments_messages(page, site, endpoint):
    page.goto(site.address)
    page.evaluate("footprint('page', {category: 'help'}); footprint('alias', 'old-visitor'); footprint('group', 'acme', {seats: 5})")
    endpoint.wait_for("group")
    by_hand = endpoint.of("page_view")[1]
    assert by_hand["properties"] == {"category": "help"}
    assert endpoint.of("alias")[0]["previousId"] == "old-visitor"
    assert (endpoint.of("group")[0]["groupId"], endpoint.of("group")[0]["traits"]) == ("acme", {"seats": 5})
    assert endpoint.of("alias")[0]["pageviewId"] == by_hand["pageviewId"] != endpoint.of("page_view")[0]["pageviewId"]


def test_reset_makes_a_new_visitor_and_forgets_the_customer(page, site, endpoint):
    page.goto(site.address)
    page.evaluate("footprint('identify', 'ada'); footprint('reset'); footprint('track', 'one')")
    endpoint.wait(lambda: len(custom(endpoint)) == 1)
    [event] = custom(endpoint)
    assert "userId" not in event
    assert event["anonymousId"] != endpoint.of("identify")[0]["anonymousId"]


def test_ready_tells_the_visitor_id(page, site, endpoint):
    page.goto(site.address)
    told = page.evaluate("new Promise((done) => footprint('ready', done))")
    [view] = endpoint.wait_for("page_view")
    assert told == {"visitorId": view["anonymousId"], "pageviewId": view["pageviewId"]}


def test_nonsense_never_reaches_the_page_as_an_error(page, site, endpoint):
    page.goto(site.address)
    calls = ["footprint()", "footprint('nonsense', 1)", "footprint('track', 1n)", "footprint('identify')", "footprint({}, [])"]
    page.evaluate("const loop = {}; loop.loop = loop; footprint('track', 'loop', loop)")
    for call in calls:
        page.evaluate(call)
    page.evaluate("footprint('track', 'one')")
    endpoint.wait(lambda: len(custom(endpoint)) == 1)


def test_a_page_whose_storage_is_forbidden_is_still_counted(page, site, endpoint):
    site.pages["/outer"] = f'<!doctype html><iframe sandbox="allow-scripts" src="{site.address}/inner"></iframe>'
    page.goto(f"{site.address}/outer")
    [view] = endpoint.wait_for("page_view")
    assert view["context"]["page"]["title"] == "/inner"
    assert view["anonymousId"]


def test_without_storage_the_mode_none_keeps_nothing(page, site, endpoint):
    site.attributes += ' data-mode="none"'
    page.goto(site.address)
    endpoint.wait_for("page_view")
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]


def test_a_cookie_holds_the_visitor_where_local_storage_is_full(page, site, endpoint):
    page.add_init_script("Storage.prototype.setItem = () => { throw new Error('QuotaExceeded') }")
    page.goto(f"{site.address}/a")
    endpoint.wait_for("page_view")
    page.goto(f"{site.address}/b")
    first, second = endpoint.wait_for("page_view", 2)
    assert first["anonymousId"] == second["anonymousId"]
    assert f"fp_visitor={first['anonymousId']}" in page.evaluate("document.cookie")


def test_two_tabs_are_one_visitor(page, context, site, endpoint):
    page.goto(f"{site.address}/a")
    endpoint.wait_for("page_view")
    other = context.new_page()
    other.goto(f"{site.address}/b")
    first, second = endpoint.wait_for("page_view", 2)
    assert first["anonymousId"] == second["anonymousId"]


def test_it_runs_under_a_strict_content_security_policy(page, site, endpoint):
    address = endpoint.address
    site.headers["content-security-policy"] = f"default-src 'none'; script-src 'nonce-n1'; connect-src {address}"
    site.pages["/strict"] = (
        f"<!doctype html><title>strict</title>{STUB.replace('<script>', '<script nonce=n1>')}"
        f"{site.script.replace('<script', '<script nonce=n1')}"
    )
    blocked = []
    page.on("console", lambda message: blocked.append(message.text))
    page.goto(f"{site.address}/strict")
    endpoint.wait_for("page_view")
    assert [text for text in blocked if "Content Security Policy" in text and "favicon" not in text] == []


def test_every_event_has_an_id_of_its_own_however_many_there_are(page, site, endpoint):
    site.attributes += ' data-auto=""'
    page.goto(site.address)
    page.evaluate("for (let n = 0; n < 99; n++) footprint('track', 'n' + n)")
    endpoint.wait(lambda: len(endpoint.events) == 99)
    ids = {event["messageId"] for event in endpoint.events}
    assert all(re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}", one) for one in ids)
    assert len({one[14:] for one in ids}) == 99  # and their random part alone tells them apart
