"""Clicks and forms: what is told about them, and what never is."""

import pytest

pytestmark = pytest.mark.browser


def clicked(page, endpoint, selector, **options):
    page.click(selector, **options)
    return endpoint.wait_for("click", 1)[-1]


@pytest.fixture
def links(page, site):
    site.attributes += ' data-domains="example.org"'
    site.body = """
      <a id=inner href="/there?password=x">  Go   there </a>
      <a id=own href="https://shop.example.org/">Ours</a>
      <a id=outer href="https://example.com/page"><b id=bold>Theirs</b></a>
      <a id=file href="/files/list.PDF?v=2">List</a>
      <a id=mail href="mailto:ada@example.com">Write</a>
      <button id=buy data-footprint="Buy"><i id=icon>+</i></button>
      <a id=shell href="/shell?a=1#b"><x-icon></x-icon></a>
      <button id=plain>Nothing to tell</button>
      <script>document.querySelector("x-icon").attachShadow({mode: "open"}).innerHTML = "<b>*</b>"</script>
      <script>addEventListener("click", (event) => event.preventDefault())</script>"""
    page.goto(f"{site.address}/here")
    return site.address


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("#inner", ("link", {"text": "Go there", "id": "inner", "href": "{site}/there?password=redacted"})),
        ("#own", ("link", {"text": "Ours", "id": "own", "href": "https://shop.example.org/"})),
        ("#bold", ("outbound", {"text": "Theirs", "id": "outer", "href": "https://example.com/page"})),
        ("#file", ("download", {"text": "List", "id": "file", "href": "{site}/files/list.PDF?v=2"})),
        ("#mail", ("link", {"text": "Write", "id": "mail", "href": "mailto:"})),
        ("x-icon b", ("link", {"text": "", "id": "shell", "href": "{site}/shell?a=1#b"})),
        ("#icon", ("button", {"text": "+", "id": "buy", "label": "Buy"})),
    ],
)
def test_a_click_tells_what_was_clicked(page, endpoint, links, selector, expected):
    event = clicked(page, endpoint, selector)
    name, properties = expected
    assert event["event"] == name
    assert event["properties"] == {key: text.replace("{site}", links) for key, text in properties.items()}
    assert event["context"]["page"]["url"] == f"{links}/here"


def test_a_middle_click_counts_and_a_right_click_or_an_unmarked_button_does_not(page, site, endpoint, links):
    page.click("#plain")
    page.click("#inner", button="right")
    page.click("#outer", button="middle")
    page.evaluate("footprint('track', 'last')")
    endpoint.wait(lambda: any(event.get("event") == "last" for event in endpoint.events))
    assert [event["event"] for event in endpoint.of("click")] == ["outbound"]


def test_a_click_that_leaves_the_page_arrives_and_is_not_held_up(page, site, endpoint):
    site.body = '<a id=out href="/plain">Out</a>'
    site.pages["/plain"] = "<!doctype html><title>plain</title>"
    page.goto(f"{site.address}/here")
    endpoint.wait_for("page_view")
    page.evaluate("addEventListener('click', (event) => sessionStorage.setItem('prevented', event.defaultPrevented))")
    page.click("#out")
    page.wait_for_url("**/plain")
    [event] = endpoint.wait_for("click")
    assert event["event"] == "link"
    assert page.evaluate("sessionStorage.getItem('prevented')") == "false"


FORM = """<form name=signup action="/plain"><input name=email type=email value="ada@example.com">
  <input name=secret type=password><input name=card value="4111111111111111"><input type=checkbox><button id=send>Send</button></form>"""


def test_a_form_is_begun_once_and_sent_and_no_value_leaves(page, site, endpoint):
    site.body = FORM
    site.pages["/plain"] = "<!doctype html><title>plain</title>"
    page.goto(f"{site.address}/here")
    page.fill("[name=secret]", "hunter2-secret")
    page.fill("[name=email]", "grace@example.com")
    [start] = endpoint.wait_for("form_start")
    page.click("#send")
    page.wait_for_url("**/plain*")
    [submit] = endpoint.wait_for("form_submit")
    assert start["properties"] == submit["properties"] == {"form": "signup", "fields": ["email", "secret", "card"]}
    assert (start["event"], submit["event"]) == ("Form Started", "Form Submitted")
    assert len(endpoint.of("form_start")) == 1
    for request in endpoint.requests:
        for value in (b"hunter2", b"ada@", b"grace@", b"4111"):
            assert value not in request.body


def test_what_is_captured_is_an_attribute(page, site, endpoint):
    site.attributes += ' data-auto="page"'
    site.body = '<a id=here href="#here">Here</a>' + FORM
    page.goto(site.address)
    page.click("#here")
    page.fill("[name=email]", "grace@example.com")
    page.evaluate("footprint('track', 'last')")
    endpoint.wait(lambda: any(event.get("event") == "last" for event in endpoint.events))
    assert [event["type"] for event in endpoint.events] == ["page", "track"]
