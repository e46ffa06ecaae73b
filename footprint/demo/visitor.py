"""One visitor of the demo day: writes down what the browser and the shop's servers would have sent."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from random import Random
from typing import Any

from footprint.demo.cast import CATEGORIES, SHOP, Browser

SNIPPET, ANALYTICS_JS, SERVER = "fp.js", "analytics.js", "analytics-python"
MINUTE = 60_000


@dataclass(frozen=True, slots=True)
class Sent:
    """One message. `at` is when it happened, `arrives` when its batch was sent (later for a sleeping phone): Unix milliseconds."""

    at: int
    arrives: int
    library: str
    message: dict[str, Any]

    def later(self, by: int) -> "Sent":
        """Return the same message, moved by so many milliseconds."""
        return replace(self, at=self.at + by, arrives=self.arrives + by)

    def stamped(self) -> dict[str, Any]:
        """Return the message with its timestamp."""
        stamp = datetime.fromtimestamp(self.at / 1000, UTC).isoformat(timespec="milliseconds")
        return self.message | {"timestamp": stamp.replace("+00:00", "Z")}


@dataclass(slots=True)
class Visitor:
    """A person, or a machine, with one browser. Collects messages in `sent`; `now` moves with what they do."""

    random: Random
    browser: Browser
    language: str
    address: str
    now: int
    library: str = SNIPPET
    webdriver: bool = False
    visitor_id: str = ""
    customer_id: str = ""
    delay: int = 0
    sent: list[Sent] = field(default_factory=list)
    _path: str = ""
    _pageview: str = ""

    def __post_init__(self) -> None:
        self.visitor_id = self.visitor_id or self.uuid()

    def uuid(self) -> str:
        """Return a random UUID that the seed decides."""
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def wait(self, least: float, most: float) -> None:
        """Let between `least` and `most` seconds pass."""
        self.now += int(self.random.uniform(least, most) * 1000)

    def arrive(self, path: str, *, query: str = "", referrer: str = "") -> None:
        """Open a page from somewhere else; no referrer: typed, or from a mail program."""
        self._path = ""
        self.view(path, query=query, referrer=referrer)

    def view(self, path: str, *, query: str = "", referrer: str = "") -> None:
        """Open a page, from the one that is open."""
        referrer = referrer or (SHOP + self._path if self._path else "")
        self._path, self._pageview = path, self.uuid()
        url = f"{SHOP}{path}?{query}" if query else SHOP + path
        page = {"url": url, "path": path, "title": path.rstrip("/").rpartition("/")[2].replace("-", " ").title() or "Home"}
        if referrer:
            page["referrer"] = referrer
        category = CATEGORIES.get(path.rpartition("/")[2])
        about = {"category": category} if category else {}
        self._say({"type": "page", "kind": "page_view", "pageviewId": self._pageview, "seq": 0} | about, page=page)

    def read(self, least: float = 8, most: float = 90) -> None:
        """Spend time on the open page, and let the snippet report it."""
        start = self.now
        self.wait(least, most)
        if self.library == SNIPPET:
            spent = int((self.now - start) * self.random.uniform(0.5, 0.95))
            scroll = self.random.randrange(20, 101, 5)
            self._say(
                {
                    "type": "track",
                    "kind": "engagement",
                    "event": "engagement",
                    "pageviewId": self._pageview,
                    "seq": 1,
                    "engagedMs": spent,
                    "scrollPct": scroll,
                }
            )

    def click(self, name: str) -> None:
        """Click something on the open page."""
        self._say({"type": "track", "kind": "click", "event": name, "pageviewId": self._pageview, "seq": 2})

    def track(self, name: str, **properties: Any) -> None:
        """Report an event by its name; its kind follows from the name."""
        self._say({"type": "track", "event": name, "properties": properties})

    def identify(self, customer_id: str, traits: Mapping[str, Any]) -> None:
        """Log in: from here on the visitor is this customer."""
        self.customer_id = customer_id
        self._say({"type": "identify", "traits": dict(traits)})

    def server(self, name: str, **properties: Any) -> None:
        """Let the shop's server report an event of the customer, without a browser."""
        message = {"type": "track", "event": name, "userId": self.customer_id, "properties": properties}
        self._put(message, {"library": {"name": SERVER, "version": "2.3.4"}}, SERVER)

    def _say(self, message: dict[str, Any], *, page: Mapping[str, str] | None = None) -> None:
        self.wait(0.2, 1.5)  # nobody does two things at once
        context: dict[str, Any] = {
            "page": page or {"url": SHOP + self._path, "path": self._path},
            "userAgent": self.browser.user_agent,
            "ip": self.address,
            "locale": self.language,
            "library": {"name": self.library, "version": "1.0.0"},
        }
        if self.browser.width:
            context["screen"] = {"width": self.browser.width, "height": self.browser.height}
        if self.webdriver:
            context["webdriver"] = True
        who = {"anonymousId": self.visitor_id} | ({"userId": self.customer_id} if self.customer_id else {})
        self._put(message | who, context, self.library)

    def _put(self, message: dict[str, Any], context: dict[str, Any], library: str) -> None:
        whole = message | {"messageId": self.uuid(), "context": context}
        self.sent.append(Sent(self.now, self.now + self.delay, library, whole))
