"""Who opened and clicked: scanners are told from people by what is known of an e-mail, in any order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import Misconfigured
from streams.core.mail_agents import Asked, read_agents
from streams.core.mail_labels import Hit, label_of, own_reasons, verdicts, weight_of
from tests.streams.core.running import AGENTS

T0 = 1_790_000_000_000 // 1_800_000 * 1_800_000
"""The start of half an hour."""
SECOND = 1000
MINUTE = 60 * SECOND


def opened(at, event_id="o", *own):
    return Hit(T0 + at, event_id, "open", "", own)


def clicked(at, event_id="c", *own, link="1"):
    return Hit(T0 + at, event_id, "click", link, own)


def judged(*hits, delivered=0, read=()):
    return verdicts(hits, [] if delivered is None else [T0 + delivered], read)


def labels(*hits, **known):
    return {event_id: label_of(reasons) for event_id, reasons in judged(*hits, **known).items()}


def test_a_scanner_scores_nothing():
    hits = [opened(9 * SECOND, "pixel"), *(clicked(43 * SECOND + 60 * n, f"link{n}", link=str(n + 1)) for n in range(10))]
    found = judged(*hits)
    assert {weight_of(reasons) for reasons in found.values()} == {0.0}
    assert found["pixel"] == ("soon",)
    assert all(found[f"link{n}"] == ("burst",) for n in range(10))


def test_a_click_that_led_to_a_page_that_was_read_is_a_persons_whatever_else_it_looked_like():
    found = judged(clicked(SECOND, "a"), clicked(SECOND + 500, "b", link="2"), read={"a"})
    assert found["a"] == ("soon", "burst", "read")
    assert (label_of(found["a"]), weight_of(found["a"])) == ("human", 1.0)
    assert label_of(found["b"]) == "machine_certain"


def test_a_quiet_click_is_unknown_and_worth_a_half():
    assert judged(clicked(10 * MINUTE)) == {"c": ()}
    assert weight_of(()) == 0.5


@pytest.mark.parametrize(
    ("hit", "label", "reason"),
    [
        (opened(MINUTE, "x", "head"), "machine_certain", "head"),
        (clicked(MINUTE, "x", "prefetch:outlook"), "machine_certain", "prefetch:outlook"),
        (opened(MINUTE, "x", "provider"), "machine_probable", "provider"),
        (clicked(MINUTE, "x", "network"), "machine_certain", "network"),
        (opened(MINUTE, "x", "proxy:gmail"), "proxied", "proxy:gmail"),
        (opened(SECOND, "x", "proxy:yahoo"), "proxied", "proxy:yahoo"),
        (opened(MINUTE, "x", "privacy:apple"), "machine_probable", "privacy:apple"),
        (clicked(MINUTE, "x", "crawler"), "machine_certain", "crawler"),
        (opened(19_999), "machine_probable", "soon"),
        (opened(-50 * SECOND), "machine_probable", "soon"),
        (clicked(9_999), "machine_probable", "soon"),
        (clicked(4 * MINUTE, "x", "filter"), "machine_probable", "soon_network"),
    ],
)
def test_a_hit_is_judged_by_what_it_says_itself_and_how_soon_it_came(hit, label, reason):
    (reasons,) = judged(hit).values()
    assert (label_of(reasons), reasons[-1]) == (label, reason)


@pytest.mark.parametrize("hit", [opened(20 * SECOND), clicked(10 * SECOND), clicked(5 * MINUTE, "x", "filter"), opened(-2 * MINUTE)])
def test_what_is_slow_enough_is_unknown(hit):
    assert set(labels(hit).values()) == {"unknown"}


def test_nothing_is_too_soon_before_anybody_knows_of_the_delivery_and_every_delivery_counts():
    assert labels(opened(SECOND), delivered=None) == {"o": "unknown"}
    again = verdicts([opened(2 * MINUTE + SECOND)], [T0, T0 + 2 * MINUTE])
    assert again == {"o": ("soon",)}


def test_a_proxy_that_looks_again_in_the_same_half_hour_counts_once():
    hits = [opened(n * 10 * MINUTE, f"o{n}", "proxy:gmail") for n in range(5)]
    assert [weight_of(reasons) for reasons in judged(*hits).values()] == [0.5, 0, 0, 0.5, 0]


def test_the_trap_tells_on_what_comes_beside_it():
    found = labels(clicked(MINUTE, "trap", link="0"), clicked(MINUTE + 50 * SECOND, "near"), clicked(3 * MINUTE, "far", link="2"))
    assert [found[name] for name in ("trap", "near", "far")] == ["machine_certain", "machine_probable", "unknown"]


def test_two_clicks_on_one_link_are_no_burst():
    assert set(labels(clicked(MINUTE, "a"), clicked(MINUTE + 100, "b")).values()) == {"unknown"}


def test_what_a_hit_says_itself_is_found_again_among_all_reasons():
    assert own_reasons(["proxy:gmail", "soon", "burst", "filter", "read"]) == ("proxy:gmail", "filter")


OWN = st.lists(st.sampled_from(["head", "provider", "filter", "network", "proxy:gmail"]), max_size=2, unique=True).map(tuple)
HITS = st.builds(
    Hit,
    st.integers(T0, T0 + 10 * MINUTE),
    st.uuids().map(str),
    st.sampled_from(["open", "click"]),
    st.sampled_from(["", "0", "1", "2", "3"]),
    OWN,
)


@given(st.lists(HITS, max_size=8, unique_by=lambda hit: hit.event_id), st.booleans())
def test_more_hits_never_make_a_machine_a_person(known, delivered):
    times = [T0] if delivered else []
    before, after = verdicts(known[:-1], times), verdicts(known, times)
    proxied = any("proxy:gmail" in hit.own for hit in known[-1:])
    assert all(proxied or "again" in after[one] or weight_of(after[one]) <= weight_of(reasons) for one, reasons in before.items())


GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
YAHOO = "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html"
PREVIEW = "Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/534+ (KHTML, like Gecko) BingPreview/1.0b"


@pytest.mark.parametrize(
    ("asked", "reasons"),
    [
        (Asked("open", "", "66.249.84.0", GMAIL, True), ("proxy:gmail",)),  # the list of crawlers calls it a bot
        (Asked("click", "", "66.249.84.0", GMAIL, True), ("crawler",)),  # as above
        (Asked("open", "", "", YAHOO), ("proxy:yahoo",)),
        (Asked("open", "", "172.225.1.0", "Mozilla/5.0"), ("privacy:apple",)),
        (Asked("click", "", "172.225.1.0", "Mozilla/5.0"), ()),
        (Asked("click", "", "203.0.113.0", PREVIEW), ("prefetch:outlook",)),
        (Asked("click", "head", "40.92.10.0", "Mozilla/5.0 (Windows NT 10.0)"), ("head", "network")),
        (Asked("open", "provider", "not an address", ""), ("provider",)),
        (Asked("open", "burst", "", ""), ()),
    ],
)
def test_networks_and_agents_are_known_by_the_shipped_file(asked, reasons):
    assert AGENTS.reasons(asked) == reasons


def test_an_operators_file_takes_the_place_of_the_shipped_one():
    own = read_agents(
        "updated: 2026-11-22\nsources: [ours]\n"
        "networks: {probable: [203.0.113.0/24, '2001:db8::/32'], privacy: [198.51.100.0/24]}\n"
        "user_agents: {proxies: {OurProxy: us}}",
        "own.yaml",
    )
    asked = ["203.0.113.0", "2001:db8:1::", "198.51.100.0", "40.92.10.0"]
    assert [own.reasons(Asked("open", "", address, "")) for address in asked] == [("filter",), ("filter",), ("privacy:relay",), ()]
    assert own.reasons(Asked("open", "", "", "OurProxy/1")) == ("proxy:us",)


def test_a_file_that_is_wrong_says_where():
    with pytest.raises(Misconfigured, match=r"own\.yaml"):
        read_agents("updated: 2026-11-22\nsources: [ours]\nnetworks: {certain: [here]}", "own.yaml")
