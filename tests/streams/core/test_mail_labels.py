"""Who opened and clicked: scanners score nothing, people do, and no order of arrival changes a verdict."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.mail_agents import MailNetworks, ip_network, proxy_of
from streams.core.mail_labels import MAX_HITS, Hit, Mail, corrections, verdicts, with_hit

T0 = 1_790_000_000_000
SECOND = 1000
MINUTE = 60 * SECOND


def opened(at, event_id="o", **fields):
    return Hit(T0 + at, event_id, "open", **fields)


def clicked(at, event_id="c", **fields):
    return Hit(T0 + at, event_id, "click", **fields)


def judged(*hits, delivered=0, read=()):
    return verdicts(Mail(hits, None if delivered is None else T0 + delivered, frozenset(read)))


def test_a_scanner_scores_nothing():
    hits = [opened(9 * SECOND, "pixel"), *(clicked(43 * SECOND + 60 * n, f"link{n}", link=n) for n in range(10))]
    found = judged(*hits)
    assert {verdict.weight for verdict in found.values()} == {0.0}
    assert found["pixel"].reasons == ("soon",)
    assert all(found[f"link{n}"].label == "machine_certain" and "burst" in found[f"link{n}"].reasons for n in range(1, 10))


def test_a_click_that_led_to_a_page_that_was_read_is_a_persons_whatever_else_it_looked_like():
    hits = [clicked(SECOND, "a", link=1), clicked(SECOND + 500, "b", link=2)]
    found = judged(*hits, read={"a"})
    assert (found["a"].label, found["a"].weight) == ("human", 1.0)
    assert found["a"].reasons == ("soon", "burst", "read")
    assert found["b"].label == "machine_certain"


def test_a_quiet_click_is_unknown_and_worth_a_half():
    assert judged(clicked(10 * MINUTE))["c"].weight == 0.5


@pytest.mark.parametrize(
    ("hit", "label", "reason"),
    [
        (opened(MINUTE, hint="head"), "machine_certain", "head"),
        (clicked(MINUTE, hint="prefetch"), "machine_certain", "prefetch"),
        (opened(MINUTE, hint="provider"), "machine_probable", "provider"),
        (clicked(MINUTE, network="certain"), "machine_certain", "network"),
        (opened(MINUTE, proxy="gmail", crawler=True), "proxied", "gmail"),
        (opened(SECOND, proxy="yahoo"), "proxied", "yahoo"),
        (opened(MINUTE, privacy=True), "machine_probable", "apple"),
        (clicked(MINUTE, crawler=True), "machine_certain", "crawler"),
        (opened(19 * SECOND), "machine_probable", "soon"),
        (clicked(9 * SECOND), "machine_probable", "soon"),
        (clicked(4 * MINUTE, network="probable"), "machine_probable", "soon_network"),
    ],
)
def test_a_hit_is_judged_by_what_it_says_itself(hit, label, reason):
    (verdict,) = judged(hit).values()
    assert (verdict.label, verdict.reasons) == (label, (reason,))


@pytest.mark.parametrize(
    "hit", [opened(20 * SECOND), clicked(10 * SECOND), clicked(MINUTE, privacy=True), clicked(5 * MINUTE, network="probable")]
)
def test_what_is_slow_enough_is_unknown(hit):
    assert next(iter(judged(hit).values())).label == "unknown"


def test_nothing_is_too_soon_before_anybody_knows_of_the_delivery():
    early = Mail((opened(SECOND),))
    assert verdicts(early)["o"].label == "unknown"
    ((_, now),) = corrections(early, replace(early, delivered_at=T0)).values()
    assert now.label == "machine_probable"


def test_a_proxy_that_looks_again_within_half_an_hour_counts_once():
    hits = [opened(n * 10 * MINUTE, f"o{n}", proxy="gmail") for n in range(5)]
    assert [verdict.weight for verdict in judged(*hits).values()] == [0.5, 0, 0, 0.5, 0]


def test_the_trap_tells_on_what_comes_beside_it():
    found = judged(clicked(MINUTE, "trap", link=0), clicked(MINUTE + 50 * SECOND, "near"), clicked(3 * MINUTE, "far", link=2))
    assert [found[name].label for name in ("trap", "near", "far")] == ["machine_certain", "machine_probable", "unknown"]


def test_two_clicks_on_one_link_are_no_burst():
    assert {verdict.label for verdict in judged(clicked(MINUTE, "a"), clicked(MINUTE + 100, "b")).values()} == {"unknown"}


hits = st.builds(
    Hit,
    st.integers(T0, T0 + 10 * MINUTE),
    st.uuids().map(str),
    st.sampled_from(["open", "click"]),
    link=st.integers(0, 4),
    hint=st.sampled_from(["", "", "head", "provider"]),
    network=st.sampled_from(["", "", "probable", "certain"]),
    proxy=st.sampled_from(["", "gmail"]),
    privacy=st.booleans(),
    crawler=st.booleans(),
)


@given(st.lists(hits, max_size=12, unique_by=lambda hit: hit.event_id), st.randoms(), st.booleans())
def test_any_order_of_arrival_comes_to_the_same(known, chance, delivered):
    mail = Mail(delivered_at=T0 if delivered else None)
    told = {}
    shuffled = known[:]
    chance.shuffle(shuffled)
    for hit in shuffled:
        before, mail = mail, with_hit(mail, hit)
        told |= {event_id: now for event_id, (_, now) in corrections(before, mail).items()}
        told[hit.event_id] = verdicts(mail)[hit.event_id]
    assert told == verdicts(Mail(tuple(known), T0 if delivered else None))


@given(st.lists(hits, max_size=8, unique_by=lambda hit: hit.event_id))
def test_more_hits_never_make_a_machine_a_person(known):
    before, after = verdicts(Mail(tuple(known[:-1]))), verdicts(Mail(tuple(known)))
    assert all(
        after[event_id].weight <= verdict.weight for event_id, verdict in before.items() if not verdict.repeat and not known[-1].proxy
    )


def test_an_e_mail_keeps_so_many_hits_and_no_more():
    mail = Mail()
    for number in range(MAX_HITS + 10):
        mail = with_hit(mail, opened(number, f"o{number}"))
    assert len(mail.hits) == MAX_HITS
    assert with_hit(mail, mail.hits[0]) is mail


def test_networks_and_agents_are_known_by_their_lists():
    networks = MailNetworks(probable=(ip_network("203.0.113.0/24"),))
    ranks = [networks.rank(address) for address in ("40.92.10.0", "203.0.113.0", "198.51.100.7", "", "2001:db8::")]
    assert ranks == ["certain", "probable", "", "", ""]
    assert proxy_of("Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)") == "gmail"
    assert proxy_of("YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html") == "yahoo"
    assert proxy_of("Mozilla/5.0") == ""
