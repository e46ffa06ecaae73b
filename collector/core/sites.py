"""What the operator says about each site, as the collector needs it."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class SiteRules:
    """One site. `allowed_origins` empty means that browsers may send from every origin."""

    site: str
    allowed_origins: frozenset[str] = frozenset()
    ip: Literal["truncate", "full", "drop"] = "truncate"

    def allows(self, origin: str) -> bool:
        """True when a browser page of this origin may send; a request without an origin is not a browser's."""
        return not origin or not self.allowed_origins or origin in self.allowed_origins
