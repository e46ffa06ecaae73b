"""The SDKs for browsers, unmodified from their packages, on a page of another origin, through the running line into the store."""

from urllib.parse import urlsplit

import pytest

from tests.integration.sdks.packages import node_packages
from tests.integration.sdks.rows import stored_kinds
from tests.integration.sdks.shop import shop
from tests.support.commands import ask

pytestmark = [pytest.mark.line, pytest.mark.kafka, pytest.mark.store, pytest.mark.browser, pytest.mark.timeout(300)]

COUNT = 40

CALLS = """
  sdk.setAnonymousId("v-1")
  sdk.identify("c-1", {email: "anna@shop.example", plan: "pro"})
  sdk.page("Shop", "Prices")
  sdk.track("Order Completed", {revenue: 49.5, currency: "EUR", rate: NaN})
  sdk.group("g-1", {name: "Shop Ltd"})
  for (let number = 0; number < count; number += 1) sdk.track("Step Taken", {number})
"""

SEGMENT = """
  async ({collector, key, count, strategy}) => {
    const options = {integrations: {"Segment.io": strategy ? {deliveryStrategy: {strategy}} : {}}}
    const sdk = AnalyticsNext.AnalyticsBrowser.load({writeKey: key, cdnURL: collector}, options)
    await sdk
    CALLS
    await sdk.alias("c-1", "v-0")
  }
""".replace("CALLS", CALLS)

RUDDERSTACK = """
  async ({collector, key, count, useBeacon}) => {
    const sdk = new rudderanalytics.RudderAnalytics()
    const off = {enabled: false}
    const source = {id: "s-1", name: "shop", writeKey: key, enabled: true, workspaceId: "w-1", destinations: [], connections: [],
                    config: {statsCollection: {errors: off, metrics: off}}, dataplanes: {}}
    await new Promise((resolve) => {
      sdk.load(key, collector, {useBeacon, getSourceConfig: () => ({source}), onLoaded: resolve})
    })
    CALLS
    sdk.alias("c-1", "v-0")
  }
""".replace("CALLS", CALLS)


@pytest.fixture(scope="module")
def address():
    with shop(node_packages()) as address:
        yield address


@pytest.mark.parametrize(
    ("site", "script", "calls", "options", "path"),
    [
        ("segment-browser", "/segment.js", SEGMENT, {}, "/v1/t"),
        ("segment-browser-batching", "/segment.js", SEGMENT, {"strategy": "batching"}, "/v1/b"),
        ("rudderstack-browser", "/rudderstack.js", RUDDERSTACK, {"useBeacon": False}, "/v1/track"),
        ("rudderstack-browser-beacon", "/rudderstack.js", RUDDERSTACK, {"useBeacon": True}, "/beacon/v1/batch"),
    ],
)
def test_every_call_of_a_browsers_sdk_is_one_row(line, collector, chromium, address, *, site, script, calls, options, path):
    context = chromium.new_context()
    page = context.new_page()
    said, posted = [], set()
    page.on("console", lambda message: said.append(message.text))
    page.on("requestfailed", lambda request: said.append(f"{request.method} {request.url} {request.failure}"))
    page.on("request", lambda request: request.method == "POST" and posted.add(urlsplit(request.url).path))
    page.goto(f"{address}/?{script}")
    page.evaluate(calls, {"collector": collector, "key": site, "count": COUNT, **options})
    page.goto(f"{address}/left")  # what was not sent yet leaves with the page
    expected = {"identify": 1, "page_view": 1, "purchase": 1, "group": 1, "alias": 1, "custom": COUNT}
    try:
        stored_kinds(line, site, expected)
    except AssertionError as error:
        raise AssertionError(said) from error
    finally:
        context.close()
    assert path in posted
    purchase = f"SELECT name, value, currency, visitor_id, customer_id, url_path FROM events WHERE site = '{site}' AND kind = 'purchase'"
    assert ask(line, purchase) == [["Order Completed", 49.5, "EUR", "v-1", "c-1", "/"]]
    devices = f"SELECT DISTINCT browser != '', session_id != '' FROM events WHERE site = '{site}' AND kind IN ('page_view', 'custom')"
    assert [list(map(bool, row)) for row in ask(line, devices)] == [[True, True]]
