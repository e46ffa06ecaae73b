"""What an operator decides about sites, as plain values that the wiring hands to the visitors core."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from streams.core.mail_agents import NO_AGENTS, MailAgents

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS

LIVE_MS = 72 * HOUR_MS
"""An event older than this when it is received is historical (docs/semantics.md, section 1)."""

LATENESS_MS = 10 * MINUTE_MS
"""How far the watermark stays behind the newest event (docs/semantics.md, section 3)."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a person's session does not do (docs/semantics.md, section 9)."""

    events_per_second: int = 10
    views_per_hour: int = 300
    views_unengaged: int = 20
    """This many page views of the snippet without any engagement."""


@dataclass(frozen=True, slots=True)
class SiteRules:
    """One website. `label_automation` False: webdriver and headless browsers count as human (a test site).

    `allow` and `deny` name traffic that the operator has judged: networks (CIDR), or text of the user agent. `mail` knows who
    fetches e-mails for somebody. `link_by_mail`: who lands by the click of an e-mail is linked to the customer.
    """

    gap_ms: int = 30 * MINUTE_MS
    label_automation: bool = True
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    shape: Shape = Shape()
    mail: MailAgents = NO_AGENTS
    link_by_mail: bool = False


DEFAULT_SITE = SiteRules()


@dataclass(frozen=True, slots=True)
class VisitorRules:
    """What the visitors core must know: partitions of `tracked`, how often a session is published, the sites by name, and all others."""

    partitions: int
    session_update_ms: int = 30_000
    sites: Mapping[str, SiteRules] = field(default_factory=dict)
    others: SiteRules = DEFAULT_SITE

    def site(self, name: str) -> SiteRules:
        """Return the rules of a site, those of all others when it has none."""
        return self.sites.get(name, self.others)
