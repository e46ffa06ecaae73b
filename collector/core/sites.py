"""What the operator says about each site, as the collector needs it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from collector.core.plans import Plan
from collector.core.proofs import Proof


@dataclass(frozen=True, slots=True)
class SiteRules:
    """One site. `allowed_origins` empty means that browsers may send from every origin.

    The keys are the site's own (`collector.core.signing.derive`); without one its feature is off. `cookie_keys` has the
    newest last, which signs. `rate_per_key` is in events per second. `topics` are the e-mails one may choose among: name and title.
    `me_fields` are what `/v1/me` tells of a profile, `proof` has the keys of those who may ask.
    `hooks` are the e-mail providers whose webhooks are taken: name, and what proves that they are theirs.
    """

    site: str
    allowed_origins: frozenset[str] = frozenset()
    ip: Literal["truncate", "full", "drop"] = "truncate"
    dnt: bool = False
    anonymous_key: bytes = field(default=b"", repr=False)
    hash_key: bytes = field(default=b"", repr=False)
    cookie_keys: tuple[bytes, ...] = field(default=(), repr=False)
    rate_per_key: float | None = None
    plan: Plan | None = None
    topics: Mapping[str, str] = field(default_factory=dict, hash=False)
    hooks: Mapping[str, str] = field(default_factory=dict, hash=False, repr=False)

    me_fields: frozenset[str] = frozenset()
    proof: Proof = field(default=Proof(""), repr=False)

    def allows(self, origin: str) -> bool:
        """True when a browser page of this origin may send; a request without an origin is not a browser's."""
        return not origin or not self.allowed_origins or origin in self.allowed_origins
