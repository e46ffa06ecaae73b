"""The collector's configuration as plain values; footprint/parts/collector.py makes it from settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from collector.core.addresses import Network
from collector.core.links import LinkReader
from collector.core.plans import Plan
from collector.core.sites import SiteRules
from collector.live import LivePaths
from schemas.tracing import Tracer

MEGABYTE = 1_000_000
NO_LINKS = LinkReader(())


@dataclass(frozen=True, slots=True)
class CollectorConfig:
    """`sites` by write key, `rules` by site: those for keys that are made while the collector runs.

    `spool` is the folder of the spool, which may hold `spool_limit` bytes; None: there is none.
    `tracer` follows some requests; None: none.
    `snippet` is the built browser snippet served as `/fp.js`. `links` reads the addresses of e-mails. `used_tokens` is the folder of hand-over tokens that were used, `profiles` that of the cache of profiles.
    """

    sites: Mapping[str, SiteRules]
    partitions: int
    snippet: Path | None = None
    rules: Mapping[str, SiteRules] = field(default_factory=dict)
    live: LivePaths | None = None
    used_tokens: Path | None = None
    profiles: Path | None = None
    links: LinkReader = NO_LINKS
    trusted_proxies: tuple[Network, ...] = ()
    body_limit: int = 10 * MEGABYTE
    in_flight_limit: int = 64 * MEGABYTE
    spool: Path | None = None
    spool_limit: int = 0
    tracer: Tracer | None = None

    @property
    def tells_visitors(self) -> bool:
        """True when some site tells its visitors anything of their profile."""
        return any(rules.me_fields for rules in (*self.rules.values(), *self.sites.values()))

    def planned(self, plans: Mapping[str, Plan]) -> "CollectorConfig":
        """Return the same with these plans, by site, instead of those that the sites had; a site that is only known by its plan is added."""
        if not plans:
            return self
        known = {site: replace(rules, plan=plans.get(site, rules.plan)) for site, rules in self.rules.items()}
        added = {site: SiteRules(site, plan=plan) for site, plan in plans.items() if site not in known}
        sites = {key: replace(rules, plan=plans.get(rules.site, rules.plan)) for key, rules in self.sites.items()}
        return replace(self, sites=sites, rules=known | added)
