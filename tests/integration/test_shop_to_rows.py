"""The product's promise from end to end: somebody walks through the shop in a real browser, and the rows tell it."""

import contextlib
import json
import urllib.error
import urllib.request
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import clickhouse_connect
import pytest

from footprint.email import Sender
from footprint.parts.connections import resolve_store, secret_keys
from footprint.parts.run_file import read_run
from footprint.settings import Settings
from tests.support.waiting import eventually

pytestmark = [pytest.mark.browser, pytest.mark.line, pytest.mark.kafka, pytest.mark.store, pytest.mark.timeout(300)]

SITE = KEY = "shop"
STORED_S = 60


@pytest.fixture(scope="module")
def settings(line):
    """The settings of the line that runs."""
    return Settings(data_dir=line.data_dir)


@pytest.fixture(scope="module")
def running(settings):
    return read_run(settings.data_dir), resolve_store(settings, user="analyst")


@pytest.fixture(scope="module")
def rows(running):
    """Ask the store over its HTTP interface, as any analyst's client would."""
    _, store = running
    address = urlsplit(store.url)
    client = clickhouse_connect.get_client(
        host=address.hostname, port=address.port, username=store.user, password=store.password, database=store.database
    )

    def ask(sql, **parameters):
        return list(client.query(sql, parameters=parameters).named_results())

    yield ask
    client.close()


def read_json(url):
    with urllib.request.urlopen(url) as answer:
        return json.load(answer)


def post(collector, batch):
    body = json.dumps({"batch": batch, "sentAt": datetime.now(UTC).isoformat(), "writeKey": KEY}).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{collector}/v1/batch", data=body)) as answer:
        return answer.status, json.load(answer)


def earlier_view(shop, visitor):
    return {
        "type": "page",
        "messageId": str(uuid.uuid4()),
        "anonymousId": visitor,
        "timestamp": (datetime.now(UTC) - timedelta(minutes=6)).isoformat(),
        "context": {"page": {"url": f"{shop}/pricing", "title": "Pricing"}},
    }


def walk(chromium, shop, visitor):
    """Visit the shop as `visitor`: look at a tea, then open the price page, and leave; return the browser's context.

    Closing it would end what the last page sent as it was left, which a person's browser does not do.
    """
    storage = {"cookies": [], "origins": [{"origin": shop, "localStorage": [{"name": "fp_visitor", "value": visitor}]}]}
    context = chromium.new_context(storage_state=storage)
    page = context.new_page()
    page.goto(shop)
    page.click("text=Rain Sencha")
    page.wait_for_url("**/products/rain-sencha")
    page.click("text=Add to basket")
    page.click("nav >> text=Pricing")
    page.wait_for_url("**/pricing")
    page.mouse.wheel(0, 400)
    page.goto("about:blank")
    return context


def settled(run):
    """True when every part says that nothing is left to do."""
    states = [read_json(url) for name, url in run.health.items() if name in ("streams", "sink")]
    return states and all(state["ready"] and state["lag"] == 0 and state["idle_s"] >= 2 for state in states)


@pytest.fixture(scope="module")
def visitor(running, rows, chromium):
    run, _ = running
    visitor = str(uuid.uuid4())
    status, answer = post(run.collector, [earlier_view(run.shop, visitor)])
    assert (status, answer["accepted"]) == (200, 1)
    context = walk(chromium, run.shop, visitor)
    seen = "SELECT countIf(kind = 'page_view') AS views, countIf(kind = 'click') AS clicks FROM events WHERE visitor_id = {v:String}"
    eventually(lambda: rows(seen, v=visitor) == [{"views": 4, "clicks": 3}], STORED_S)
    context.close()
    eventually(lambda: rows("SELECT 1 FROM signals WHERE visitor_id = {v:String}", v=visitor), STORED_S)
    eventually(lambda: settled(run), STORED_S)
    return visitor


def test_every_page_and_click_is_a_row_in_order_and_human(rows, visitor):
    told = rows(
        "SELECT kind, name, url_path, title, traffic, ts_source, session_id FROM events "
        "WHERE site = {s:String} AND visitor_id = {v:String} ORDER BY event_time, pageview_id, seq",
        s=SITE,
        v=visitor,
    )
    views = [row["url_path"] for row in told if row["kind"] == "page_view"]
    assert views == ["/pricing", "/", "/products/rain-sencha", "/pricing"]
    clicks = [row["name"] for row in told if row["kind"] == "click"]
    assert clicks == ["link", "button", "link"]
    assert Counter(row["name"] for row in told)["Product Added"] == 1
    assert {row["traffic"] for row in told} == {"human"}
    assert {row["ts_source"] for row in told} == {"client"}
    assert any(row["kind"] == "engagement" for row in told)
    assert len({row["session_id"] for row in told} - {""}) == 1


def test_the_visit_and_the_earlier_view_are_one_session(rows, visitor):
    [session] = rows("SELECT * FROM sessions WHERE site = {s:String} AND visitor_id = {v:String}", s=SITE, v=visitor)
    assert (session["page_views"], session["clicks"]) == (4, 3)
    assert (session["entry_path"], session["exit_path"]) == ("/pricing", "/pricing")
    assert session["span_ms"] >= 360_000
    assert session["engaged"]
    assert not session["bounced"]
    assert session["traffic"] == "human"


def test_the_visitor_has_a_score_that_its_changes_explain(rows, visitor):
    [score] = rows(
        "SELECT * FROM scores WHERE site = {s:String} AND subject = {u:String} AND score = 'engagement'", s=SITE, u=f"v:{visitor}"
    )
    assert score["value"] > 0
    changes = rows(
        "SELECT points FROM score_changes WHERE site = {s:String} AND subject = {u:String} AND score = 'engagement'",
        s=SITE,
        u=f"v:{visitor}",
    )
    assert sum(change["points"] for change in changes) == pytest.approx(score["value"], rel=0.05)


def test_the_second_look_at_the_prices_is_exactly_one_signal(rows, visitor):
    signals = rows("SELECT * FROM signals WHERE site = {s:String} AND visitor_id = {v:String}", s=SITE, v=visitor)
    assert [(signal["trigger"], signal["status"]) for signal in signals] == [("price_page_twice", "fired")]


LINKS = 10
BROWSERS = [
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{140 + n}.0.0.0 Safari/537.36"
    for n in range(LINKS)
]
CLICKED = (
    "SELECT event_id, email_label AS label, traffic_reasons AS reasons FROM events WHERE customer_id = {c:String} AND kind = 'email_click'"
)
EARNED = (
    "SELECT rule, sum(points) AS points FROM score_changes WHERE subject = concat('c:', {c:String}) AND score = 'engagement' GROUP BY rule"
)


def scan(mail, shop):
    """Fetch the pixel and every link of an e-mail, as a scanner does: at once, as ordinary browsers, and without going where they lead."""
    links = [mail.link(f"{shop}/products/rain-sencha?n={number}", index=number) for number in range(1, LINKS + 1)]
    for address, agent in zip([mail.pixel(), *links], [BROWSERS[0], *BROWSERS], strict=True):
        request = urllib.request.Request(address, headers={"User-Agent": agent})
        with contextlib.suppress(urllib.error.HTTPError), urllib.request.build_opener(StaysHere).open(request):
            pass


class StaysHere(urllib.request.HTTPRedirectHandler):
    """Follows no redirect."""

    def redirect_request(self, *told):
        del told


def test_a_scanner_earns_nothing_and_the_click_of_somebody_who_reads_the_page_that_of_one(running, settings, rows, chromium):
    run, _ = running
    customer = f"reader-{uuid.uuid4()}"
    mail = Sender(secret_keys(settings)[-1], run.collector).mail(site=SITE, message="news", customer=customer)
    delivered = datetime.now(UTC) - timedelta(seconds=9)
    told = {"type": "track", "event": "Email Delivered", "messageId": str(uuid.uuid4()), "userId": customer}
    post(run.collector, [told | {"timestamp": delivered.isoformat(), "properties": {"message_id": "news"}}])
    scan(mail, run.shop)
    eventually(lambda: Counter(row["label"] for row in rows(CLICKED, c=customer)) == {"machine_certain": LINKS}, STORED_S)
    assert all("burst" in row["reasons"] for row in rows(CLICKED, c=customer))
    assert rows(EARNED, c=customer) == []

    context = chromium.new_context()
    page = context.new_page()
    page.goto(mail.link(f"{run.shop}/pricing", index=LINKS + 1))
    page.mouse.wheel(0, 200)
    eventually(lambda: page.evaluate("performance.now()") > 2_500)  # nobody reads a page faster
    page.goto("about:blank")
    eventually(lambda: "human" in {row["label"] for row in rows(CLICKED, c=customer)}, STORED_S)
    context.close()
    eventually(lambda: settled(run), STORED_S)
    assert rows(EARNED, c=customer) == [{"rule": "email_click", "points": 5.0}]
    assert rows("SELECT 1 FROM signals WHERE subject = concat('c:', {c:String})", c=customer) == []
