"""Where trackers lose events: full storage, wrong clocks, many frames, closed tabs, quotas that others used up, pinned files."""

import json
import threading
from datetime import datetime

import pytest

from tests.js_snippet.recording import DEADLINE_S, DIST, STUB, Answer, forgotten, kept

pytestmark = pytest.mark.browser

PLAIN = "<!doctype html><title>plain</title><p>No snippet here"


def told(endpoint, name):
    return [event for event in endpoint.events if event.get("event") == name]


def test_with_storage_full_to_the_brim_everything_still_arrives_and_the_visitor_stays(page, site, endpoint):
    site.pages["/plain"] = PLAIN
    page.goto(f"{site.address}/plain")
    page.evaluate("""
        for (let size = 1 << 22; size >= 1; size >>= 1) {
          try { for (let n = 0; ; n++) localStorage.setItem(`fill${size}-${n}`, 'x'.repeat(size)) } catch { }
        }""")
    page.goto(f"{site.address}/a")
    endpoint.wait_for("page_view")
    page.evaluate("footprint('track', 'one')")
    page.goto(f"{site.address}/b")
    first, second = endpoint.wait_for("page_view", 2)
    assert first["anonymousId"] == second["anonymousId"]
    endpoint.wait(lambda: told(endpoint, "one"))


@pytest.mark.parametrize("hours", [-2, 2])
def test_a_clock_two_hours_wrong_is_wrong_in_both_times_so_that_the_difference_is_right(page, site, endpoint, hours):
    page.add_init_script(
        f"{{ const Real = Date; const wrong = {hours} * 3600e3;"
        "window.Date = class extends Real { constructor(...a) { a.length ? super(...a) : super(Real.now() + wrong) }"
        "static now() { return Real.now() + wrong } } }"
    )
    page.goto(site.address)
    endpoint.wait_for("page_view")
    page.evaluate("footprint('track', 'one')")
    endpoint.wait(lambda: told(endpoint, "one"))
    request = endpoint.requests[-1]
    sent = datetime.fromisoformat(json.loads(request.body)["sentAt"])
    for event in request.batch:
        age = (sent - datetime.fromisoformat(event["timestamp"])).total_seconds()
        assert 0 <= age < 60
        wrong = (datetime.fromisoformat(event["timestamp"]).timestamp() - request.at) / 3600
        assert round(wrong) == hours


def test_fifteen_frames_of_one_page_left_at_once_lose_nothing(page, site, endpoint):
    site.pages["/plain"] = PLAIN
    frames = "".join(f'<iframe src="/frame{n}"></iframe>' for n in range(15))
    site.pages["/frames"] = f"<!doctype html><title>frames</title>{frames}"
    page.goto(f"{site.address}/frames")
    page.evaluate(
        "for (let n = 0; n < 15; n++) frames[n].footprint('track', 'in frame', {n, text: 'x'.repeat(6000)}); location.href = '/plain'"
    )
    page.wait_for_url("**/plain")
    page.goto(f"{site.address}/later")
    endpoint.wait(lambda: len(told(endpoint, "in frame")) == 15)
    assert sorted(event["properties"]["n"] for event in told(endpoint, "in frame")) == list(range(15))
    assert len(endpoint.of("page_view")) >= 15
    assert len({event["anonymousId"] for event in endpoint.events}) == 1


def test_what_a_closed_tab_could_not_send_another_tab_sends_later(page, context, site, endpoint):
    endpoint.always = Answer(503)
    closed = context.new_page()
    closed.goto(f"{site.address}/a")
    closed.evaluate("footprint('track', 'one')")
    closed.close()
    endpoint.always = None
    page.goto(f"{site.address}/b")
    endpoint.wait(lambda: "one" in [event.get("event") for event in endpoint.stored.values()])
    forgotten(page)


def test_the_queue_of_a_tab_that_lives_is_left_to_it(page, context, site, endpoint):
    endpoint.always = Answer(429, {"retry-after": "3600"})
    page.goto(f"{site.address}/a")
    page.evaluate("footprint('track', 'one')")
    other = context.new_page()
    other.goto(f"{site.address}/b")
    endpoint.wait(lambda: [event for event in endpoint.of("page_view") if event["context"]["page"]["title"] == "/b"])
    by_page = [{event["context"]["page"]["title"] for event in request.batch} for request in endpoint.requests]
    assert all(len(titles) == 1 for titles in by_page)
    assert "one" in [event.get("event") for event in kept(other)]


def test_another_script_that_used_up_the_quota_does_not_stop_it(page, site, endpoint):
    site.attributes += ' data-auto=""'
    page.goto(site.address)
    page.route("**/elsewhere", lambda _route: None)  # never answered: its bytes stay on the account
    page.evaluate("fetch('/elsewhere', {method: 'POST', body: 'x'.repeat(65000), keepalive: true}).catch(() => {}); 1")
    page.evaluate("footprint('track', 'one', {text: 'x'.repeat(2000)})")
    endpoint.wait(lambda: told(endpoint, "one"))


@pytest.mark.parametrize("status", [500, 502])
def test_any_failure_of_the_collector_is_waited_out(page, site, endpoint, status):
    endpoint.answers.append(Answer(status))
    page.goto(site.address)
    endpoint.wait(lambda: [request.answered for request in endpoint.requests][:2] == [status, 200])


def test_the_pinned_file_runs_and_a_changed_one_does_not(page, site, endpoint):
    pinned = json.loads((DIST / "integrity.json").read_text())["fp.js"]
    tag = '<script defer crossorigin src="{}/fp.js" integrity="{}" data-key="KEY" data-collector="{}"></script>'
    digest = pinned["integrity"]
    site.pages["/good"] = f"<!doctype html><title>good</title>{STUB}{tag.format(endpoint.address, digest, endpoint.address)}"
    site.pages["/bad"] = site.pages["/good"].replace(digest, digest[:-8] + "AAAAAAA=")
    page.goto(f"{site.address}/bad")
    assert page.evaluate("footprint.version") is None
    page.goto(f"{site.address}/good")
    assert endpoint.wait_for("page_view")[0]["context"]["page"]["title"] == "good"


def test_nothing_is_sent_before_the_document_is_parsed(page, site, endpoint):
    gate = threading.Event()
    original = site.answer

    def answer(request):
        if request.path == "/slow.js":
            gate.wait(DEADLINE_S)
        return original(request)

    site.answer = answer
    site.pages["/slow.js"] = "window.slow = 1"
    site.pages["/early"] = f"<!doctype html><title>early</title>{STUB}{site.script}<script defer src='/slow.js'></script>"
    page.goto(f"{site.address}/early", wait_until="commit")
    page.wait_for_function("window.footprint && footprint.version && document.readyState === 'interactive'")
    page.evaluate("new Promise((done) => setTimeout(done, 1500))")  # longer than a batch waits to be sent
    assert endpoint.requests == []
    gate.set()
    endpoint.wait_for("page_view")


def test_one_global_and_nothing_else_is_added_to_the_page(page, site, endpoint):
    site.pages["/plain"] = PLAIN
    page.goto(f"{site.address}/plain")
    before = set(page.evaluate("Object.getOwnPropertyNames(window)"))
    page.goto(site.address)
    endpoint.wait_for("page_view")
    assert set(page.evaluate("Object.getOwnPropertyNames(window)")) - before == {"footprint"}
