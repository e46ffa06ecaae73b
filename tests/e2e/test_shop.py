"""The demo shop in a real browser: handsome enough to show, and everything done in it is told."""

import re
import urllib.error
import urllib.request

import pytest

pytestmark = pytest.mark.browser

PATHS = ("/", "/products/rain-sencha", "/pricing", "/contact", "/contact/sent", "/checkout", "/thanks", "/login", "/events")


def fetch(url):
    with urllib.request.urlopen(url) as answer:
        return answer.read().decode()


def told(endpoint, name):
    return [event for event in endpoint.events if event.get("event") == name]


def test_every_page_includes_the_snippet_as_documented(shop, endpoint):
    stub = "<script>window.footprint=window.footprint||function(){(footprint.q=footprint.q||[]).push(arguments)}</script>"
    script = f'<script defer src="{endpoint.address}/fp.js" data-key="shopkey" data-collector="{endpoint.address}"></script>'
    for path in PATHS:
        html = fetch(shop + path)
        assert stub in html
        assert script in html


def test_a_page_that_is_not_there_is_a_404(shop):
    with pytest.raises(urllib.error.HTTPError, match="404"):
        fetch(f"{shop}/products/coffee")


def test_a_visitor_looks_asks_for_prices_and_buys(page, shop, endpoint):
    page.goto(shop)
    page.click("text=Rain Sencha")
    page.click("text=Add to basket")
    page.click("nav >> text=Basket")
    page.fill("[name=email]", "grace@example.com")
    page.select_option("[name=payment]", "card")
    page.click("text=Buy now")
    page.wait_for_url("**/thanks")
    endpoint.wait(lambda: len(endpoint.of("page_view")) == 4)
    [order] = told(endpoint, "Order Completed")
    assert (order["properties"]["total"], order["properties"]["currency"]) == (18, "EUR")
    assert order["properties"]["products"] == [{"product_id": "rain-sencha", "name": "Rain Sencha", "price": 18}]
    assert [event["properties"]["form"] for event in endpoint.of("form_submit")] == ["checkout"]
    assert {event["event"] for event in endpoint.of("click")} == {"link", "button"}
    assert len(told(endpoint, "Product Added")) == 1
    assert page.text_content("#count") == "0"
    assert not any(b"grace@" in request.body for request in endpoint.requests)


def test_somebody_who_logs_in_is_identified_and_logging_out_is_a_new_visitor(page, shop, endpoint):
    page.goto(f"{shop}/login")
    page.fill("[name=customer]", "ada-lovelace")
    page.click("main button")
    page.wait_for_url(f"{shop}/")
    [identify] = endpoint.wait_for("identify")
    assert identify["userId"] == "ada-lovelace"
    page.click("text=Log out ada-lovelace")
    page.wait_for_url(re.compile("/$"))
    endpoint.wait(lambda: len({event["anonymousId"] for event in endpoint.of("page_view")}) == 2)


def test_a_letter_is_a_form_begun_and_sent(page, shop, endpoint):
    page.goto(f"{shop}/contact")
    page.fill("[name=name]", "Grace")
    page.fill("[name=email]", "grace@example.com")
    page.fill("[name=message]", "More tea, please")
    page.click("text=Send")
    page.wait_for_url("**/contact/sent")
    [submit] = endpoint.wait_for("form_submit")
    assert submit["properties"] == {"form": "contact", "fields": ["name", "email", "message"]}
    assert len(endpoint.of("form_start")) == 1


@pytest.mark.parametrize("width", [360, 1280])
def test_no_page_is_wider_than_its_screen(page, shop, width):
    page.set_viewport_size({"width": width, "height": 720})
    for path in PATHS:
        page.goto(shop + path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_events_are_shown_live_in_another_tab_with_the_answer(page, shop, endpoint):
    page.goto(f"{shop}/events")
    other = page.context.new_page()
    other.goto(f"{shop}/products/rain-sencha")
    other.click("text=Add to basket")
    row = page.locator("#events tr", has_text="Product Added")
    row.wait_for()
    assert "/products/rain-sencha" in row.text_content()
    assert row.text_content().endswith("200")
