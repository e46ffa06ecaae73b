"""Engagement time by a scripted clock: visible, focused, and an input younger than a minute."""

from datetime import UTC, datetime, timedelta

import pytest

pytestmark = pytest.mark.browser

START = datetime(2030, 1, 1, tzinfo=UTC)

STAGE = """
window.stage = {visible: true, focused: true};
Object.defineProperty(document, 'hidden', {configurable: true, get: () => !stage.visible});
document.hasFocus = () => stage.focused;
window.show = (visible) => { stage.visible = visible; document.dispatchEvent(new Event('visibilitychange')); };
window.focusOn = (focused) => { stage.focused = focused; window.dispatchEvent(new Event(focused ? 'focus' : 'blur')); };
window.touch = () => window.dispatchEvent(new Event('pointermove'));
"""


@pytest.fixture
def read(page, site, endpoint):
    """A page whose clock only the test moves; gives a function that spends seconds on it."""
    page.add_init_script(STAGE)
    page.clock.install(time=START)
    site.body = '<div style="height: 4000px">long</div>'
    page.goto(f"{site.address}/read")
    page.clock.pause_at(START + timedelta(seconds=4))
    page.evaluate("show(false)")  # what passed until now is sent and out of the way
    endpoint.wait_for("engagement")
    before = sum_of(endpoint)
    page.evaluate("show(true)")

    def spend(*spans, end="show(false)"):
        for script, seconds in spans:
            page.evaluate(script)
            page.clock.run_for(seconds * 1000)
        page.evaluate(end)
        page.evaluate("show(false); footprint('track', 'end')")
        page.clock.run_for(2000)
        endpoint.wait(lambda: complete(endpoint))
        return (sum_of(endpoint) - before) / 1000

    return spend


def complete(endpoint):
    """True when the event `end` is there, and every event before it: requests may arrive in another order."""
    end = next((event for event in endpoint.events if event.get("event") == "end"), None)
    return end is not None and {e["seq"] for e in endpoint.events if e["pageviewId"] == end["pageviewId"]} >= set(range(end["seq"]))


def sum_of(endpoint):
    return sum(event["engagedMs"] for event in endpoint.of("engagement"))


def test_reading_counts(read):
    assert abs(read(("touch()", 30)) - 30) <= 1


def test_a_hidden_tab_and_a_lost_focus_do_not_count(read):
    assert abs(read(("touch()", 10), ("show(false)", 40), ("show(true)", 5), ("focusOn(false)", 30), ("focusOn(true)", 7)) - 22) <= 1


def test_a_minute_after_the_last_input_counting_stops_and_goes_on_with_the_next(read):
    assert abs(read(("touch()", 100), ("touch()", 20)) - 80) <= 1


def test_a_page_left_open_all_night_counts_one_minute(read):
    assert abs(read(("touch()", 8 * 3600)) - 60) <= 1


def test_playing_media_is_an_input(read):
    play = (
        "document.body.append(window.media = window.media || document.createElement('video')); media.dispatchEvent(new Event('timeupdate'))"
    )
    assert abs(read((play, 50), (play, 50), (play, 50)) - 150) <= 1


def test_a_tick_longer_than_five_seconds_counts_as_one(page, read):
    page.evaluate("touch()")
    page.clock.fast_forward(3_600_000)  # the machine slept: timers fire once
    assert read() <= 2


def test_deltas_come_at_15_30_60_120_240_and_every_300_seconds_with_their_order(page, read, endpoint):
    marks = [("touch()", 50)] * 19
    assert abs(read(*marks) - 950) <= 1
    events = sorted(endpoint.of("engagement"), key=lambda event: event["seq"])  # requests may arrive in another order
    timed = [event for event in events if event["properties"]["reason"] == "timer"]
    deltas = [round(event["engagedMs"] / 1000) for event in timed]
    assert sum(deltas) <= 950
    assert len(deltas) == 7  # 15, 30, 60, 120, 240, 540, 840
    assert deltas[2:] == [30, 60, 120, 300, 300]
    seqs = [event["seq"] for event in events]
    assert len(set(seqs)) == len(seqs)


def test_scrolling_deepens_and_a_flush_with_nothing_new_is_not_sent(page, read, endpoint):
    count = len(endpoint.of("engagement"))
    page.evaluate("scrollTo(0, 1640); new Promise((done) => new ResizeObserver(done).observe(document.body))")  # until the next frame
    page.evaluate("show(false)")
    endpoint.wait_for("engagement", count + 1)
    depths = [event["scrollPct"] for event in endpoint.of("engagement")]
    assert depths[0] in (17, 18, 19)
    assert 57 <= depths[-1] <= 60
    page.evaluate("show(true); show(false); show(true); show(false)")
    assert read() < 1
    assert len(endpoint.of("engagement")) == count + 1


def test_a_move_sends_what_the_left_page_earned_to_its_own_page_view(page, read, endpoint):
    page.evaluate("touch()")
    page.clock.run_for(5000)
    page.evaluate("history.pushState({}, '', '/next')")
    page.clock.run_for(7000)
    read()
    first, second = (event["pageviewId"] for event in endpoint.of("page_view"))
    by_view = {view: sum(e["engagedMs"] for e in endpoint.of("engagement") if e["pageviewId"] == view) for view in (first, second)}
    assert by_view[first] >= 5000
    assert abs(by_view[second] - 7000) <= 1000


def test_leaving_sends_the_rest_with_the_reason(page, site, endpoint):
    site.pages["/plain"] = "<!doctype html><title>plain</title>"
    page.goto(f"{site.address}/read")
    endpoint.wait_for("page_view")
    page.evaluate("location.href = '/plain'")
    page.wait_for_url("**/plain")
    [event] = endpoint.wait_for("engagement")
    assert event["properties"] == {"reason": "pagehide"}
    assert event["engagedMs"] > 0
