"""What a user agent says: browser, system, device, and whether it is on the list of crawlers.

The lookups are pure functions of the text; they cost hundreds of microseconds, so a cache stands before them.
"""

from functools import lru_cache
from typing import NamedTuple

import crawleruseragents
import ua_parser

MAX_LENGTH = 512


class UserAgent(NamedTuple):
    """What is known of a user agent. `headless` is kept apart from `crawler`, because a site may allow it."""

    browser: str = ""
    os: str = ""
    device: str = ""
    crawler: bool = False
    headless: bool = False


NO_USER_AGENT = UserAgent()


@lru_cache(maxsize=16_384)
def user_agent_of(text: str) -> UserAgent:
    """Return what a user agent says; `device` is desktop, mobile, tablet, bot or other."""
    text = text[:MAX_LENGTH]
    headless = "HeadlessChrome" in text
    text = text.replace("HeadlessChrome", "Chrome")
    found = ua_parser.parse(text)
    crawler = crawleruseragents.is_crawler(text)
    family = found.device.family if found.device else ""
    system = found.os.family if found.os else ""
    return UserAgent(
        browser=found.user_agent.family if found.user_agent else "",
        os=system,
        device="bot" if crawler or family == "Spider" else _device(text, family, system),
        crawler=crawler,
        headless=headless,
    )


def _device(text: str, family: str, system: str) -> str:
    if family == "iPad" or "Tablet" in text or (system == "Android" and "Mobile" not in text):
        return "tablet"
    if system in {"Android", "iOS", "Windows Phone", "KaiOS"} or "Mobile" in text:
        return "mobile"
    if system in {"Windows", "Mac OS X", "Linux", "Ubuntu", "Fedora", "Debian", "Chrome OS", "FreeBSD", "OpenBSD"}:
        return "desktop"
    return "other"
