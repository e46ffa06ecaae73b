"""Delivery: kept until a 200, sent again until then, and not lost by leaving."""

import gzip
import threading

import pytest

from tests.js_snippet.recording import SNIPPET, Answer, forgotten, kept, kind_of

pytestmark = pytest.mark.browser

PLAIN = "<!doctype html><title>plain</title><p>No snippet here"


def names(events):
    return [event["event"] for event in events if event["type"] == "track" and kind_of(event) is None]


def test_the_file_is_at_most_4096_bytes_gzipped():
    assert len(gzip.compress(SNIPPET.read_bytes(), 9)) <= 4096


def test_what_was_refused_with_503_is_sent_again_and_then_forgotten(page, site, endpoint):
    endpoint.answers.extend([Answer(503, {"retry-after": "0"}), Answer(503), Answer(200)])
    page.goto(site.address)
    endpoint.wait(lambda: [request.answered for request in endpoint.requests][:3] == [503, 503, 200])
    first, second, third = ([event["messageId"] for event in request.batch] for request in endpoint.requests[:3])
    assert first == second == third
    forgotten(page)


def test_retry_after_is_waited_for_except_when_leaving(page, site, endpoint):
    site.pages["/plain"] = PLAIN
    page.add_init_script("Math.random = () => 0.5")  # it waits for one and a half times of what was asked
    page.clock.install()
    endpoint.answers.append(Answer(429, {"retry-after": "60"}))
    with page.expect_response("**/v1/batch") as refused:
        page.goto(site.address)
        page.clock.run_for(1500)
    refused.value.finished()
    page.wait_for_function("fetch('/settled').then(() => true)")
    assert kept(page)
    page.clock.run_for(55_000)
    page.evaluate("footprint('track', 'one')")
    assert len(endpoint.requests) == 1
    page.clock.run_for(60_000)
    endpoint.wait(lambda: "one" in names(endpoint.stored.values()))
    assert endpoint.of("page_view")[0]["messageId"] in endpoint.stored


def test_410_stops_the_page(page, site, endpoint):
    endpoint.answers.append(Answer(410))
    page.clock.install()
    page.goto(site.address)
    page.clock.run_for(1500)
    endpoint.wait(lambda: len(endpoint.requests) == 1)
    page.wait_for_function("fetch('/settled').then(() => true)")
    page.evaluate("footprint('track', 'one')")
    page.clock.run_for(600_000)
    page.wait_for_function("fetch('/settled').then(() => true)")
    assert len(endpoint.requests) == 1


def test_a_refused_batch_is_halved_until_only_the_bad_event_is_dropped(page, site, endpoint):
    site.attributes += ' data-auto=""'
    original = endpoint.answer

    def answer(request):
        bad = request.method == "POST" and any(name == "bad" for name in names(request.batch))
        endpoint.always = Answer(400 if bad else 200)
        return original(request)

    endpoint.answer = answer
    page.goto(site.address)
    page.evaluate("for (const name of ['one', 'two', 'bad', 'three']) footprint('track', name)")
    endpoint.wait(lambda: sorted(names(endpoint.stored.values())) == ["one", "three", "two"])
    forgotten(page)


def test_a_collector_that_was_away_gets_everything_when_it_is_back(page, site, endpoint):
    address = endpoint.address
    page.route(f"{address}/v1/batch", lambda route: route.abort("connectionrefused"))
    page.goto(site.address)
    page.evaluate("footprint('track', 'one')")
    assert names(kept(page)) == ["one"]
    page.unroute(f"{address}/v1/batch")
    endpoint.wait(lambda: names(endpoint.stored.values()) == ["one"])


def test_events_made_offline_go_out_as_soon_as_the_line_is_back(page, context, site, endpoint):
    page.clock.install()
    page.goto(site.address)
    page.clock.run_for(1500)
    endpoint.wait_for("page_view")
    forgotten(page)
    page.evaluate("window.failed = 0; const real = fetch; window.fetch = (...a) => real(...a).catch((e) => { failed++; throw e })")
    context.set_offline(True)
    page.evaluate("footprint('track', 'one')")
    page.clock.run_for(1500)
    page.wait_for_function("failed === 1")
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 1)  # no retry comes due: it is the line that wakes it
    context.set_offline(False)
    endpoint.wait(lambda: names(endpoint.stored.values()) == ["one"])


def test_twenty_pages_left_at_once_lose_nothing(page, site, endpoint):
    site.pages["/plain"] = PLAIN
    for number in range(20):
        page.goto(f"{site.address}/page{number}")
        page.evaluate(f"footprint('track', 'n{number}'); location.href = '/plain'")
        page.wait_for_url("**/plain")
    endpoint.wait(lambda: len(names(endpoint.events)) == 20)
    assert names(endpoint.events) == [f"n{number}" for number in range(20)]
    assert len(endpoint.of("page_view")) == 20
    assert "/beacon/v1/batch?writeKey=KEY" in {request.path for request in endpoint.requests}


def test_leaving_sends_once_and_a_page_that_comes_back_sends_again_what_nobody_confirmed(page, site, endpoint):
    site.pages["/plain"] = PLAIN
    page.goto(f"{site.address}/kept")
    endpoint.wait_for("page_view")
    page.evaluate("footprint('track', 'one'); location.href = '/plain'")
    page.wait_for_url("**/plain")
    page.evaluate("history.back()")
    endpoint.wait_for("page_view", 2)
    carried = [request.path for request in endpoint.requests if "one" in names(request.batch)]
    assert carried == ["/beacon/v1/batch?writeKey=KEY", "/v1/batch"]


WRITTEN = "Object.keys(localStorage).filter((key) => key.startsWith('fp_queue.')).length"


def test_an_event_is_written_down_before_the_call_that_made_it_returns(page, site, endpoint):
    site.attributes += ' data-auto=""'
    endpoint.always = Answer(503)
    page.goto(site.address)
    counts = page.evaluate(f"['one', 'two'].map((name) => {{ footprint('track', name); return {WRITTEN} }})")
    assert counts == [1, 2]
    assert names(kept(page)) == ["one", "two"]


@pytest.mark.parametrize("last", ["pagehide", "freeze"])
def test_what_waits_is_sent_when_the_page_goes(page, site, endpoint, last):
    site.attributes += ' data-auto=""'
    page.clock.install()
    page.goto(site.address)
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 2)  # no batch comes due: it is the leaving that sends
    hidden = "Object.defineProperty(document, 'hidden', {get: () => true})"
    leave = f"document.dispatchEvent(new Event('{last}', {{bubbles: true}}))"
    page.evaluate(f"footprint('track', 'one'); {hidden}; {leave}")
    endpoint.wait(lambda: names(endpoint.events) == ["one"])


def test_a_page_left_while_it_still_loads_is_counted(page, site, endpoint):
    gate = threading.Event()
    site.pages["/plain"] = PLAIN
    original = site.answer

    def answer(request):
        if request.path == "/slow":
            gate.wait(10)
        return original(request)

    site.answer = answer
    site.pages["/left"] = (
        f"<!doctype html><title>left</title>{site.head}{site.script.replace('defer ', '')}"
        "<script>footprint('track', 'one'); setTimeout(() => location.href = '/plain')</script><script src=/slow></script>"
    )
    page.goto(f"{site.address}/left", wait_until="commit")
    page.wait_for_url("**/plain")
    gate.set()
    endpoint.wait(lambda: names(endpoint.events) == ["one"])
    assert len(endpoint.of("page_view")) == 1


def test_sixty_kilobytes_twice_at_unload_go_as_far_as_the_browser_lets_them_and_the_rest_with_the_next_page(page, site, endpoint):
    site.attributes += ' data-auto=""'
    page.goto(f"{site.address}/a")
    page.evaluate("for (let n = 0; n < 8; n++) footprint('track', 'n' + n, {text: 'x'.repeat(15000)}); location.href = '/b'")
    endpoint.wait(lambda: len(names(endpoint.stored.values())) == 8)
    page.wait_for_url("**/b")
    forgotten(page)


def test_batches_stay_below_48_kilobytes_and_one_oversized_event_goes_alone(page, site, endpoint):
    site.attributes += ' data-auto=""'
    page.goto(site.address)
    page.evaluate("for (let n = 0; n < 9; n++) footprint('track', 'n' + n, {text: 'é'.repeat(n == 4 ? 35000 : 5000)})")
    endpoint.wait(lambda: len(names(endpoint.stored.values())) == 9)
    sizes = sorted(len(request.body) for request in endpoint.requests)
    assert sizes[-1] > 70_000
    assert sizes[-2] < 49_000
    assert [len(request.batch) for request in endpoint.requests if len(request.body) > 70_000] == [1]


def test_two_hundred_events_are_kept_and_the_oldest_go_first(page, site, endpoint):
    site.attributes += ' data-auto=""'
    endpoint.always = Answer(503)
    page.goto(site.address)
    page.evaluate("for (let n = 0; n < 205; n++) footprint('track', 'n' + n)")
    assert names(kept(page)) == [f"n{n}" for n in range(5, 205)]
