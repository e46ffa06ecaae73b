"""An event of the events topic becomes a tracked event: everything that follows from the event alone."""

from functools import lru_cache
from typing import Any

from schemas.kinds import Kind
from streams.core import mail_hits
from streams.core.clocks import clocks_of
from streams.core.countries import country_of
from streams.core.judged import judged
from streams.core.pages import UTM, page_of
from streams.core.referrer_spam import is_spam
from streams.core.referrers import channel_of, referrer_class
from streams.core.rules import SiteRules
from streams.core.totals import ALLOWED
from streams.core.user_agents import NO_USER_AGENT, UserAgent, user_agent_of

CONSUMED = ("created_at", "sent_at", "historical", "content_hash", "webdriver")
"""Fields of an event that become others. A tracked event takes over the rest as they are; empty ones are left out."""

PAGE_VIEW = Kind.PAGE_VIEW.value
CACHED = 16_384


def enrich(event: dict[str, Any], rules: SiteRules) -> dict[str, Any]:
    """Return the tracked event of an accepted event, without session and with the customer that the event itself names."""
    tracked = event.copy()
    for name in CONSUMED:
        tracked.pop(name, None)
    if not tracked.get("seq", 1):  # the first of a page view, which is every second event
        del tracked["seq"]
    if not all(tracked.values()):
        tracked = {name: value for name, value in tracked.items() if value}
        tracked.setdefault("received_at", event["received_at"])
    put_clocks(tracked, event)
    put_page(tracked)
    agent = put_user_agent(tracked)
    put_country(tracked)
    if tracked["kind"] in mail_hits.HITS:
        mail_hits.put_label(tracked, rules.mail, crawler=agent.crawler)
    else:
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
    if url:
        tracked.update(facts_of_page(url, tracked.get("referrer", ""), tracked["kind"] == PAGE_VIEW))
    elif tracked["kind"].startswith("email_"):
        tracked["channel"] = "email"


@lru_cache(maxsize=CACHED)
def facts_of_page(url: str, referrer: str, view: bool) -> dict[str, str]:  # noqa: FBT001  # a cache takes no keywords as cheaply
    """Return what an address and a referrer say, as fields of a tracked event. `view`: they are those of a page view."""
    page = page_of(url)
    named = {"url_host": page.host, "url_path": page.path, **dict(zip(UTM, page.utm, strict=True)), "click_id": page.click_id}
    facts = {name: value for name, value in named.items() if value}
    if view or referrer or page.click_id or any(page.utm):  # else a click on a page came from nowhere: direct would be a guess
        facts["referrer_class"] = referred = referrer_class(referrer, page.host)
        facts["channel"] = channel_of(page, referred)
    return facts


def put_user_agent(tracked: dict[str, Any]) -> UserAgent:
    """Put browser, system and device; return what else the user agent says."""
    text = tracked.get("user_agent")
    if not text:
        return NO_USER_AGENT
    agent, facts = facts_of_agent(text)
    tracked.update(facts)
    return agent


@lru_cache(maxsize=CACHED)
def facts_of_agent(text: str) -> tuple[UserAgent, dict[str, str]]:
    """Return what a user agent says, also as fields of a tracked event."""
    agent = user_agent_of(text)
    named = {"browser": agent.browser, "os": agent.os}
    return agent, {name: value for name, value in named.items() if value} | {"device": agent.device}


def put_country(tracked: dict[str, Any]) -> None:
    """Put the country of the address."""
    address = tracked.get("ip")
    country = country_of(address) if address else ""
    if country:
        tracked["country"] = country


def put_label(tracked: dict[str, Any], agent: UserAgent, *, webdriver: bool, rules: SiteRules) -> None:
    """Label machine traffic, with reasons (docs/semantics.md, section 9). E-mail hits have labels of their own (`streams.core.mail_hits`)."""
    spam = "referrer" in tracked and is_spam(tracked["referrer"])
    listed = bool(rules.allow or rules.deny)
    if not (agent.crawler or agent.headless or webdriver or spam or listed):
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
    reasons += ["referrer_spam"] if spam else []
    if reasons:
        tracked["traffic"] = "bot"
        tracked["traffic_reasons"] = reasons
