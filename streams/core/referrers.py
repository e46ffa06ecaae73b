"""Where a visit came from: the class of a referrer and the channel (docs/semantics.md, section 3)."""

from functools import lru_cache

from streams.core.pages import Page, page_of

_HOSTS = {
    "search": """
        baidu.com bing.com brave.com duckduckgo.com ecosia.org google.com kagi.com metager.de mojeek.com naver.com qwant.com search.yahoo.com
        seznam.cz sogou.com so.com startpage.com swisscows.com yahoo.com yandex.com yandex.ru ya.ru yep.com
        com.google.android.googlequicksearchbox""",
    "social": """
        bsky.app discord.com facebook.com fb.me flipboard.com instagram.com lnkd.in linkedin.com mastodon.social medium.com news.ycombinator.com
        ok.ru out.reddit.com pinterest.com quora.com reddit.com snapchat.com t.co t.me telegram.org threads.net tiktok.com tumblr.com twitter.com
        vk.com weibo.com whatsapp.com x.com xing.com youtu.be youtube.com com.linkedin.android org.telegram.messenger""",
    "ai_assistant": """
        chat.deepseek.com chat.mistral.ai chat.openai.com chat.qwen.ai chatgpt.com claude.ai copilot.microsoft.com felo.ai gemini.google.com
        grok.com iask.ai meta.ai perplexity.ai phind.com poe.com you.com""",
    "email": """
        deref-gmx.net deref-web.de gmx.net mail.aol.com mail.google.com mail.yahoo.com mail.yandex.ru mail.zoho.com navigator.gmx.net
        outlook.live.com outlook.office.com outlook.office365.com mail.proton.me web.de com.google.android.gm""",
}
_CLASS_BY_HOST = {host: name for name, hosts in _HOSTS.items() for host in hosts.split()}

_SEARCH_BRANDS = frozenset({"google", "bing", "yahoo", "yandex"})
"""Search engines with a host per country."""

_PAID_MEDIA = frozenset(
    {"cpc", "ppc", "paid", "paidsearch", "paid-search", "paid_search", "paidsocial", "paid-social", "paid_social", "cpm", "retargeting"}
)
_CHANNEL_BY_MEDIUM = {
    **dict.fromkeys(("banner", "display", "programmatic"), "display"),
    **dict.fromkeys(("social", "social-media", "social_media", "organic-social", "organic_social"), "organic_social"),
    **dict.fromkeys(("email", "e-mail", "mail", "newsletter"), "email"),
    "affiliate": "affiliate",
    "organic": "organic_search",
    "referral": "referral",
}
_SEARCH_CLICKS = ("gclid", "gbraid", "wbraid", "msclkid", "yclid")


def _parents(host: str) -> list[str]:
    labels = host.split(".")
    return [".".join(labels[start:]) for start in range(len(labels))]


def _class_of_host(host: str) -> str:
    """Return the class of the host itself, else of its nearest parent that is known."""
    for name in _parents(host):
        known = _CLASS_BY_HOST.get(name)
        if known:
            return known
        brand, *country = name.split(".")
        if brand in _SEARCH_BRANDS and 1 <= len(country) <= 2 and all(len(label) <= 3 for label in country):
            return "search"
    return "referral"


@lru_cache(maxsize=16_384)
def referrer_class(referrer: str, host: str) -> str:
    """Return the class of a referrer on a page of `host`.

    search, social, ai_assistant, email, referral, direct (none) or internal (the site itself).
    """
    if not referrer:
        return "direct"
    other = page_of(referrer).host
    if not other:
        return "direct"
    if host and other.removeprefix("www.") == host.removeprefix("www."):
        return "internal"
    return _class_of_host(other)


def channel_of(page: Page, referred: str) -> str:
    """Return the channel of a page view by its campaign, else by the class of its referrer.

    paid_search, paid_social, paid_other, display, email, organic_search, organic_social, ai_assistant, affiliate,
    referral, campaign (named, but of no known medium), direct or internal.
    """
    source, medium = page.utm[0].lower(), page.utm[1].lower()
    if medium in _PAID_MEDIA or (page.click_id and not medium):
        return _paid(source, page.click_id, referred)
    if medium in _CHANNEL_BY_MEDIUM:
        return _CHANNEL_BY_MEDIUM[medium]
    if source or medium:
        return "campaign"
    return {"search": "organic_search", "social": "organic_social"}.get(referred, referred)


def _paid(source: str, click_id: str, referred: str) -> str:
    if click_id.startswith(("mc_cid", "fp_click")):
        return "email"
    if click_id.startswith("fbclid") and not source:
        return "organic_social"  # Facebook adds it to every link, paid or not
    if click_id.startswith(_SEARCH_CLICKS) or referred == "search" or source in _SEARCH_BRANDS:
        return "paid_search"
    if click_id or referred == "social" or _class_of_host(f"{source}.com") == "social":
        return "paid_social"
    return "paid_other"
