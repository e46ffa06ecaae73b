"""What a step of the accept pipeline works on."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from collector.core.plans import PlanWarning
from collector.core.readers import mapping
from collector.core.sites import SiteRules
from collector.core.suppression import Suppressions

SNIPPET_LIBRARY = "fp.js"
NOBODY_SUPPRESSED = Suppressions()


@dataclass(slots=True)  # a frozen one costs three times as much to make
class Arrival:
    """The facts of one request that its events share.

    `own_device` is true when the request comes from the visitor's own browser or mail program: a browser, the pixel,
    the beacon or the snippet. Then its address and user agent are the visitor's; a server's are nobody's.
    `by_get` is true when the request is a GET, which scanners and browsers send without anybody's will.
    `declined` is true when the visitor's browser says that it must not be tracked; `visitor_id` is what its cookie says.
    """

    site: SiteRules
    received_at: int
    address: str = ""
    user_agent: str = ""
    own_device: bool = False
    historical: bool = False
    sent_at: Any = None
    default_type: str = ""
    declined: bool = False
    visitor_id: str | None = None
    suppressions: Suppressions = NOBODY_SUPPRESSED
    by_get: bool = False

    @property
    def is_plain(self) -> bool:
        """True when neither the site nor the visitor asks for more than the ordinary steps."""
        site = self.site
        return not (self.declined or self.visitor_id or site.anonymous_key or site.hash_key or site.plan)


@dataclass(slots=True)
class Draft:
    """One message on its way to an event: every step reads `message` and adds to `event`.

    `unsigned` is true once everything that could name the sender has been taken out of `message`.
    """

    arrival: Arrival
    message: dict[str, Any]
    new_id: Callable[[], str]
    event: dict[str, Any] = field(default_factory=dict)
    warnings: list[str | PlanWarning] = field(default_factory=list)
    unsigned: bool = False

    @property
    def type(self) -> Any:
        """The message's type; the path's when the message has none."""
        return self.message.get("type") or self.arrival.default_type

    @property
    def context(self) -> dict[str, Any]:
        """What the SDK says about the surroundings."""
        return mapping(self.message.get("context"))

    @property
    def properties(self) -> dict[str, Any]:
        """What the caller says about the event."""
        return mapping(self.message.get("properties"))

    @property
    def own_device(self) -> bool:
        """True when the request's address and user agent are the visitor's."""
        return self.arrival.own_device or mapping(self.context.get("library")).get("name") == SNIPPET_LIBRARY

    def put(self, name: str, value: Any) -> None:
        """Add a field that has a value; absent fields stay off the wire."""
        if value is not None:
            self.event[name] = value
