"""The full build: details of forms, media, errors, searches, and the mail that led here."""

import gzip

import pytest

from tests.js_snippet.recording import DIST

pytestmark = pytest.mark.browser

FORM = """<form name=order action="/plain" onsubmit="event.preventDefault()">
  <input name=email data-footprint-field value=""><input name=secret type=password data-footprint-field>
  <input name=card autocomplete="cc-number" data-footprint-field><input name=note>
  <select name=size data-footprint-field><option>small<option selected>large</select>
  <input name=news type=checkbox data-footprint-field><button id=send>Send</button></form>"""


@pytest.fixture
def full(page, site, endpoint):
    site.build = "fp.full.js"

    def show(path="/here", body=""):
        site.body = body
        page.goto(f"{site.address}{path}")
        return endpoint.wait_for("page_view")[-1]

    return show


def last(page, endpoint, name):
    page.evaluate("new Promise(setTimeout)")
    endpoint.wait(lambda: any(event.get("event") == name for event in endpoint.events))
    return next(event for event in endpoint.events if event.get("event") == name)


def test_the_file_is_at_most_6144_bytes_gzipped():
    assert len(gzip.compress((DIST / "fp.full.js").read_bytes(), 9)) <= 6144


def fill(page):
    page.fill("[name=email]", "grace@example.com")
    page.fill("[name=secret]", "hunter2")
    page.fill("[name=card]", "4111111111111111")
    page.fill("[name=note]", "ring twice")


def test_a_form_tells_what_is_filled_and_only_values_that_the_page_allows(page, full, endpoint):
    full(body=FORM)
    fill(page)
    page.click("#send")
    told = last(page, endpoint, "Form Submitted")["properties"]
    assert told["filled"] == ["email", "secret", "card", "note", "size"]
    assert told["values"] == {"email": "redacted", "size": "large"}
    assert told["seconds"] >= 0
    for request in endpoint.requests:
        for value in (b"hunter2", b"grace@", b"4111", b"ring twice"):
            assert value not in request.body


SECRET = """<form name=pay onsubmit="event.preventDefault()">
  <input name=password type=text data-footprint-field value="hunter2"><input name=secret type=password data-footprint-field value="hunter2">
  <input name=shown type=text autocomplete="current-password" data-footprint-field value="hunter2">
  <input name=cardNumber data-footprint-field value="4111 1111 1111 1111"><input name=number data-footprint-field value="4111-1111-1111-1111">
  <input name=paid autocomplete="cc-number" data-footprint-field value="4111111111111111"><input name=cvc data-footprint-field value="737">
  <input name=csrf type=hidden data-footprint-field value="hunter2"><textarea name=note data-footprint-field>mine is 4111111111111111</textarea>
  <input name=amount data-footprint-field value="12"><button id=send>Send</button></form>"""


def test_no_password_and_no_card_leaves_the_page_even_if_every_field_is_allowed(page, full, endpoint):
    full(body=SECRET)
    page.fill("[name=amount]", "13")
    page.click("#send")
    assert last(page, endpoint, "Form Submitted")["properties"]["values"] == {"amount": "13"}
    for request in endpoint.requests:
        for value in (b"hunter2", b"4111 1111", b"4111-1111", b"411111111"):
            assert value not in request.body


def test_a_form_that_was_begun_and_left_is_abandoned(page, full, site, endpoint):
    site.pages["/plain"] = "<!doctype html><title>plain</title>"
    full(body=FORM)
    fill(page)
    page.evaluate("location.href = '/plain'")
    page.wait_for_url("**/plain")
    told = last(page, endpoint, "Form Abandoned")["properties"]
    assert (told["form"], told["filled"][0]) == ("order", "email")


def test_a_move_inside_the_application_abandons_what_was_begun_once(page, full, endpoint):
    first = full(body=FORM)
    fill(page)
    page.evaluate("history.pushState({}, '', '/next')")
    endpoint.wait_for("page_view", 2)
    page.evaluate("history.pushState({}, '', '/further')")
    endpoint.wait_for("page_view", 3)
    [abandoned] = endpoint.wait_for("form_abandon")
    assert abandoned["pageviewId"] == first["pageviewId"]


def test_media_tell_when_they_play_pause_and_end(page, full, endpoint):
    full(body='<video id=clip title="Brewing"></video>')
    page.evaluate("for (const type of ['play', 'pause', 'ended']) clip.dispatchEvent(new Event(type))")
    completed = last(page, endpoint, "Video Playback Completed")
    assert completed["properties"]["label"] == "Brewing"
    names = [event["event"] for event in endpoint.events if event.get("event", "").startswith("Video")]
    assert names == ["Video Playback Started", "Video Playback Paused", "Video Playback Completed"]


def test_errors_of_the_page_are_told_five_a_view_without_addresses(full, context, site, endpoint):
    full()
    page = context.new_page()
    page.goto(f"{site.address}/broken")
    page.evaluate("for (let n = 0; n < 7; n++) setTimeout(() => { throw new Error('of ada@example.com ' + n) })")
    page.evaluate("new Promise((done) => setTimeout(done, 20))")
    page.evaluate("history.pushState({}, '', '/next')")
    endpoint.wait(lambda: any(event["context"]["page"]["title"] == "/broken" and event["seq"] >= 5 for event in endpoint.events))
    page.evaluate("new Promise((done) => setTimeout(done, 20)).then(() => { Promise.reject(new Error('late')) })")
    endpoint.wait(lambda: any("late" in event["properties"]["message"] for event in errors(endpoint)))
    messages = [event["properties"]["message"] for event in errors(endpoint)]
    assert messages == [f"Uncaught Error: of redacted {n}" for n in range(5)] + ["Error: late"]


def errors(endpoint):
    return [event for event in endpoint.events if event.get("event") == "JavaScript Error"]


def test_a_search_is_told_with_its_words(full):
    view = full("/find?q=green+tea%20for%20ada%40example.com")
    assert view["properties"]["search"] == "green tea for redacted"


def test_the_mail_that_led_here_is_in_the_view_and_not_in_the_address_bar(page, full):
    view = full("/offer?a=1&fp_click=TOKEN.x-y_z&b=2#part")
    assert view["context"]["page"]["url"].endswith("/offer?a=1&fp_click=TOKEN.x-y_z&b=2#part")
    assert page.url.endswith("/offer?a=1&b=2#part")
