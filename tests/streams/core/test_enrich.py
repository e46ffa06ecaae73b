"""What is derived from one event."""

import pytest

from streams.core.clocks import clocks_of
from streams.core.countries import country_of
from streams.core.enrich import enrich
from streams.core.matching import glob
from streams.core.pages import page_of
from streams.core.referrers import channel_of, referrer_class
from streams.core.rules import SiteRules
from streams.core.user_agents import user_agent_of
from tests.streams.core.logs import event

R = 1_790_000_000_000
MINUTE = 60_000
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"
HEADLESS = CHROME.replace("Chrome/", "HeadlessChrome/")
IPAD = "Mozilla/5.0 (iPad; CPU OS 16_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.0 Mobile/15E148 Safari/604.1"
PIXEL = "Mozilla/5.0 (Linux; Android 13; Pixel 7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36"
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


@pytest.mark.parametrize(
    ("created", "sent", "at", "source"),
    [
        (R - MINUTE, R, R - MINUTE, "client"),
        (R - MINUTE, None, R - MINUTE, "client"),
        (R - MINUTE, "nonsense", R - MINUTE, "client"),
        (R - MINUTE, R - 5 * MINUTE + 1, R - MINUTE, "client"),
        (R - 65 * MINUTE, R - 60 * MINUTE, R - 5 * MINUTE, "skew_corrected"),
        (R + 55 * MINUTE, R + 60 * MINUTE, R - 5 * MINUTE, "skew_corrected"),
        (R + 5 * MINUTE, R, R + 5 * MINUTE, "client"),
        (R + 5 * MINUTE + 1, R, R, "server"),
        (None, R, R, "server"),
        ("yesterday", R, R, "server"),
        (631_151_999_999, R, R, "server"),
        ("2026-09-21T14:13:00Z", None, 1_789_999_980_000, "client"),
    ],
)
def test_the_time_of_an_event_follows_from_three_clocks(created, sent, at, source):
    clocks = clocks_of({"created_at": created, "sent_at": sent, "received_at": R})
    assert (clocks.event_time, clocks.ts_source) == (at, source)


def test_older_than_72_hours_is_history():
    hour = 60 * MINUTE
    assert not clocks_of({"created_at": R - 72 * hour, "received_at": R}).historical
    assert clocks_of({"created_at": R - 72 * hour - 1, "received_at": R}).historical
    assert clocks_of({"created_at": R, "received_at": R, "historical": True}).historical


@pytest.mark.parametrize(
    ("referrer", "expected"),
    [
        ("", "direct"),
        ("about:blank", "direct"),
        ("https://[broken", "direct"),
        ("https://www.google.com/", "search"),
        ("https://www.google.co.uk/", "search"),
        ("https://duckduckgo.com/?q=x", "search"),
        ("https://mail.google.com/mail/u/0", "email"),
        ("https://gemini.google.com/app", "ai_assistant"),
        ("https://chatgpt.com/", "ai_assistant"),
        ("https://www.perplexity.ai/search", "ai_assistant"),
        ("https://l.facebook.com/l.php", "social"),
        ("https://t.co/abc", "social"),
        ("https://shop.example/other", "internal"),
        ("https://blog.example.org/post", "referral"),
        ("https://google.evil.example/", "referral"),
        ("https://notgoogle.com/", "referral"),
        ("https://first.com/", "referral"),
    ],
)
def test_a_referrer_has_the_class_of_its_host_or_nearest_known_parent(referrer, expected):
    assert referrer_class(referrer, "www.shop.example") == expected


@pytest.mark.parametrize(
    ("query", "referred", "expected"),
    [
        ("", "direct", "direct"),
        ("", "search", "organic_search"),
        ("", "social", "organic_social"),
        ("", "ai_assistant", "ai_assistant"),
        ("gclid=x", "search", "paid_search"),
        ("fbclid=x", "social", "organic_social"),
        ("utm_source=facebook&utm_medium=paid", "direct", "paid_social"),
        ("utm_source=google&utm_medium=CPC", "direct", "paid_search"),
        ("utm_source=weekly&utm_medium=email", "direct", "email"),
        ("utm_source=partner&utm_medium=affiliate", "referral", "affiliate"),
        ("utm_source=x&utm_medium=banner", "referral", "display"),
        ("utm_source=podcast", "direct", "campaign"),
    ],
)
def test_a_channel_follows_from_campaign_then_referrer(query, referred, expected):
    assert channel_of(page_of(f"https://shop.example/?{query}"), referred) == expected


def test_an_address_has_host_path_campaign_and_click_id():
    page = page_of("https://Shop.Example:8443/a/b?utm_source=g&UTM_Medium=cpc&utm_source=second&gclid=1&x=y#frag")
    assert (page.host, page.path, page.utm[:2], page.click_id) == ("shop.example", "/a/b", ("g", "cpc"), "gclid=1")
    assert page_of("https://shop.example").path == "/"
    assert page_of("http://[bad").host == ""


@pytest.mark.parametrize(
    ("text", "browser", "system", "device"),
    [
        (CHROME, "Chrome", "Windows", "desktop"),
        (IPAD, "Mobile Safari", "iOS", "tablet"),
        (PIXEL, "Chrome Mobile", "Android", "mobile"),
        (GOOGLEBOT, "Googlebot", "", "bot"),
    ],
)
def test_a_user_agent_says_browser_system_and_device(text, browser, system, device):
    agent = user_agent_of(text)
    assert (agent.browser, agent.os, agent.device) == (browser, system, device)


@pytest.mark.parametrize(
    ("fields", "label", "reasons"),
    [
        ({"user_agent": CHROME}, None, None),
        ({}, None, None),
        ({"user_agent": GOOGLEBOT}, "bot", ["crawler"]),
        ({"user_agent": CHROME, "webdriver": True}, "bot", ["webdriver"]),
        ({"user_agent": HEADLESS, "webdriver": True}, "bot", ["webdriver", "headless"]),
    ],
)
def test_machines_are_labelled_with_reasons(fields, label, reasons):
    tracked = enrich(event("a", 0, **fields), SiteRules())
    assert (tracked.get("traffic"), tracked.get("traffic_reasons")) == (label, reasons)


def test_a_test_site_counts_automation_as_human_but_not_crawlers():
    site = SiteRules(label_automation=False)
    assert "traffic" not in enrich(event("a", 0, user_agent=HEADLESS, webdriver=True), site)
    assert enrich(event("a", 0, user_agent=GOOGLEBOT), site)["traffic"] == "bot"


def test_a_country_is_found_for_whole_and_truncated_addresses():
    assert country_of("81.2.69.0") == country_of("81.2.69.0/24") == "GB"
    assert country_of("127.0.0.1") == country_of("nonsense") == ""


@pytest.mark.parametrize(
    ("path", "matches"),
    [("/price", True), ("/pricing/eu", True), ("/plans", True), ("/preise", False), ("/en/pricing", False), ("/", False)],
)
def test_a_glob_has_stars_and_braces(path, matches):
    assert bool(glob("/{price,prices,pricing,plans}*").fullmatch(path)) is matches
