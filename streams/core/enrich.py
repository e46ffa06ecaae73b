"""An event of the events topic becomes a tracked event: everything that follows from the event alone."""

from typing import Any

from schemas.kinds import Kind
from streams.core.clocks import clocks_of
from streams.core.countries import country_of
from streams.core.judged import judged
from streams.core.pages import UTM, page_of
from streams.core.referrer_spam import is_spam
from streams.core.referrers import channel_of, referrer_class
from streams.core.rules import SiteRules
from streams.core.totals import ALLOWED
from streams.core.user_agents import NO_USER_AGENT, UserAgent, user_agent_of

KEPT = (
    "event_id",
    "site",
    "visitor_id",
    "customer_id",
    "kind",
    "name",
    "received_at",
    "url",
    "title",
    "referrer",
    "user_agent",
    "ip",
    "language",
    "screen_width",
    "screen_height",
    "consent",
    "pageview_id",
    "seq",
    "engaged_ms",
    "scroll_pct",
    "value",
    "currency",
    "message_id",
    "previous_id",
    "group_id",
    "library",
    "traits",
    "props",
)
"""Fields that a tracked event takes over as they are. Empty ones are left out."""


def enrich(event: dict[str, Any], rules: SiteRules) -> dict[str, Any]:
    """Return the tracked event of an accepted event, without session and with the customer that the event itself names."""
    tracked = {name: value for name in KEPT if (value := event.get(name))}
    tracked.setdefault("received_at", event["received_at"])
    put_clocks(tracked, event)
    put_page(tracked)
    agent = put_user_agent(tracked)
    put_country(tracked)
    put_label(tracked, agent, webdriver=event.get("webdriver", False), rules=rules)
    return tracked


def put_clocks(tracked: dict[str, Any], event: dict[str, Any]) -> None:
    """Put the time of the event, the clocks it follows from, and whether it is history."""
    clocks = clocks_of(event)
    tracked["event_time"] = clocks.event_time
    tracked["sent_at"] = clocks.sent_at
    tracked["ts_source"] = clocks.ts_source
    tracked["skew_ms"] = clocks.skew_ms
    if clocks.created_at is not None:
        tracked["created_at"] = clocks.created_at
    if clocks.historical:
        tracked["historical"] = True


def put_page(tracked: dict[str, Any]) -> None:
    """Put host, path, campaign, referrer class and channel."""
    url = tracked.get("url")
    if not url:
        if tracked["kind"].startswith("email_"):
            tracked["channel"] = "email"
        return
    page = page_of(url)
    if page.host:
        tracked["url_host"] = page.host
    if page.path:
        tracked["url_path"] = page.path
    tracked |= {name: value for name, value in zip(UTM, page.utm, strict=True) if value}
    if page.click_id:
        tracked["click_id"] = page.click_id
    if tracked["kind"] != Kind.PAGE_VIEW and not (tracked.get("referrer") or page.click_id or any(page.utm)):
        return  # a click on a page came from nowhere else: calling it direct would be a guess
    tracked["referrer_class"] = referred = referrer_class(tracked.get("referrer", ""), page.host)
    tracked["channel"] = channel_of(page, referred)


def put_user_agent(tracked: dict[str, Any]) -> UserAgent:
    """Put browser, system and device; return what else the user agent says."""
    text = tracked.get("user_agent")
    if not text:
        return NO_USER_AGENT
    agent = user_agent_of(text)
    if agent.browser:
        tracked["browser"] = agent.browser
    if agent.os:
        tracked["os"] = agent.os
    tracked["device"] = agent.device
    return agent


def put_country(tracked: dict[str, Any]) -> None:
    """Put the country of the address."""
    address = tracked.get("ip")
    country = country_of(address) if address else ""
    if country:
        tracked["country"] = country


def put_label(tracked: dict[str, Any], agent: UserAgent, *, webdriver: bool, rules: SiteRules) -> None:
    """Label machine traffic, with reasons (docs/semantics.md, section 9). E-mail hits have labels of their own."""
    if tracked["kind"] in (Kind.EMAIL_OPEN, Kind.EMAIL_CLICK):
        return
    verdict = judged(rules.allow, rules.deny, tracked.get("ip", ""), tracked.get("user_agent", ""))
    if verdict == ALLOWED:
        tracked["traffic_reasons"] = [ALLOWED]
        return
    reasons = [verdict] if verdict else []
    reasons += ["crawler"] if agent.crawler else []
    if rules.label_automation:
        reasons += ["webdriver"] if webdriver else []
        reasons += ["headless"] if agent.headless else []
    reasons += ["referrer_spam"] if is_spam(tracked.get("referrer", "")) else []
    if reasons:
        tracked["traffic"] = "bot"
        tracked["traffic_reasons"] = reasons
