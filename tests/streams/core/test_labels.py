"""Machine traffic: what is labelled, and how a whole session is relabelled."""

import pytest

from schemas.topics import SCORE_CHANGES, SESSIONS, SIGNALS
from streams.core.judged import judged
from streams.core.referrer_spam import is_spam
from tests.streams.core.logs import MINUTE, T0
from tests.streams.core.running import Line
from tests.streams.core.test_visitors import identify, live

SHOP = "https://shop.example"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"


@pytest.fixture
def line():
    return Line()


def send(line, *events):
    for event in events:
        line.send(event)
        line.settle()


def views(number, *, every=MINUTE, **fields):
    return [live(f"p{n:03}", n * every, url=f"{SHOP}/{n}", library="fp.js", **fields) for n in range(number)]


def labels(line):
    return [(one.get("traffic", "human"), one.get("traffic_reasons", [])) for one in line.tracked if not one.get("control")]


def last_session(line):
    return line.values(SESSIONS)[-1]


def test_twenty_views_of_the_snippet_without_engagement_are_suspect(line):
    send(line, *views(19))
    assert line.scores(T0)["v:v1", "engagement"] > 15
    send(line, live("p999", 19 * MINUTE, url=f"{SHOP}/z", library="fp.js"))
    line.finish(T0)
    assert (last_session(line)["traffic"], last_session(line)["traffic_reasons"]) == ("suspect", ["no_engagement"])
    assert last_session(line)["relabelled"]
    assert line.scores(T0) == line.contributions(T0) == {}
    assert {row["reason"] for row in line.values(SCORE_CHANGES)} == {"event", "relabelled", "displaced"}


def test_engagement_lifts_the_suspicion_and_the_contribution_comes_back(line):
    send(line, *views(20), live("e", 21 * MINUTE, "engagement", engaged_ms=5_000))
    line.finish(T0)
    assert (last_session(line)["traffic"], last_session(line)["relabelled"]) == ("human", True)
    assert line.scores(T0)["v:v1", "engagement"] == pytest.approx(20, rel=0.01)


def test_views_that_a_server_sends_need_no_engagement(line):
    send(line, *[event | {"library": "analytics-node"} for event in views(25)])
    line.finish(T0)
    assert last_session(line)["traffic"] == "human"


def test_more_than_ten_events_in_a_second_are_suspect(line):
    send(line, *[live(f"c{n}", n, "click") for n in range(10)])
    assert "sessions_relabelled" not in line.counts
    send(line, live("c10", 10, "click"))
    line.finish(T0)
    assert (last_session(line)["traffic"], last_session(line)["traffic_reasons"]) == ("suspect", ["rate"])
    assert line.scores(T0) == {}


def test_more_than_three_hundred_views_in_an_hour_are_suspect(line):
    start = -T0 % (60 * MINUTE)
    send(line, *[live(f"p{n:03}", start + n * 10_000) for n in range(300)])
    assert "sessions_relabelled" not in line.counts
    send(line, live("p300", start + 3_000_001))
    line.finish(T0)
    assert last_session(line)["traffic_reasons"] == ["views"]


def test_a_relabelled_session_withdraws_its_signal(line):
    send(line, live("a", 0, url=f"{SHOP}/pricing"), live("b", 6 * MINUTE, url=f"{SHOP}/pricing"))
    send(line, live("w", 7 * MINUTE, "click", webdriver=True))
    assert [signal["status"] for signal in line.values(SIGNALS)] == ["fired", "withdrawn"]


def test_a_label_follows_the_visitor_to_the_customer(line):
    send(line, live("a", 0, "form_submit"), identify("i", 1000, "c1"), live("b", 2000, "form_submit"))
    assert line.scores(T0)["c:c1", "engagement"] == pytest.approx(40, rel=1e-3)
    send(line, live("w", 3000, "click", webdriver=True))
    assert line.scores(T0) == pytest.approx({}, abs=1e-9)
    send(line, live("other", 60 * MINUTE, "purchase"))
    assert line.scores(T0)["c:c1", "engagement"] == pytest.approx(40, rel=0.01)


def test_the_allow_list_stands_before_everything():
    line = Line(allow=("HeadlessChrome",), deny=("203.0.113.0/24",))
    send(line, *[live(f"c{n}", n, user_agent=CHROME.replace("Chrome", "HeadlessChrome"), ip="203.0.113.0/24") for n in range(12)])
    line.finish(T0)
    assert labels(line) == [("human", ["allowed"])] * 12
    assert last_session(line)["traffic"] == "human"


def test_the_deny_list_names_networks_and_user_agents():
    line = Line(deny=("203.0.113.0/24", "EvilFetcher"))
    send(line, live("a", 0, ip="203.0.113.0/24"), live("b", 1, user_agent="EvilFetcher/2"), live("c", 2, ip="198.51.100.0/24"))
    assert labels(line) == [("bot", ["denied"]), ("bot", ["denied"]), ("human", [])]


@pytest.mark.parametrize(
    ("entry", "named"),
    [("2001:db8::/32", True), ("203.0.113.7/32", False), ("Mozilla/5.0", True), ("", False), ("curl", False)],
)
def test_an_entry_is_a_network_or_text(entry, named):
    assert (judged((), (entry,), "2001:db8:1::/48", "Mozilla/5.0 (X11)") == "denied") is named


def test_referrer_spam_is_labelled_by_domain_and_everything_below(line):
    send(line, live("a", 0, referrer="http://site42.semalt.com/x"), live("b", 1, referrer="https://notsemalt.com/"))
    assert labels(line) == [("bot", ["referrer_spam"]), ("human", [])]
    assert is_spam("http://semalt.com")
    assert not is_spam("")
    assert not is_spam("http://[")
