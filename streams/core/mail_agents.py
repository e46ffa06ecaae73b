"""Networks and user agents that fetch e-mails for somebody (docs/semantics.md, section 9).

Sources: Microsoft, "Office 365 URLs and IP address ranges", Exchange Online Protection, for the networks of scanners; the user
agents that Gmail's and Yahoo's image proxies and Apple's Mail Privacy Protection send, as documented by their owners and seen in
mail logs. Last changed 2026-11-22. A site may name networks of its own.
"""

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network

SCANNERS = tuple(ip_network(text) for text in ("40.92.0.0/15", "40.107.0.0/16", "52.100.0.0/14", "104.47.0.0/17"))
"""Nobody reads mails from here: Exchange Online Protection looks at them before they are delivered."""

PROXIES = {"GoogleImageProxy": "gmail", "ggpht.com": "gmail", "YahooMailProxy": "yahoo"}
"""Parts of the user agents of proxies that fetch images when, or before, somebody looks."""

PRIVACY = frozenset({"Mozilla/5.0"})
"""The whole user agent of Apple's Mail Privacy Protection: it fetches every image, read or not."""


@dataclass(frozen=True, slots=True)
class MailNetworks:
    """Networks whose hits are certainly, or probably, a scanner's. People sit behind the probable ones too."""

    certain: tuple[Network, ...] = SCANNERS
    probable: tuple[Network, ...] = ()

    def rank(self, address: str) -> str:
        """Return `certain`, `probable` or nothing for an address, also for the network that is kept of one."""
        return _rank(self, address)


@lru_cache(maxsize=16_384)
def _rank(networks: MailNetworks, address: str) -> str:
    try:
        read = ip_address(address)
    except ValueError:
        return ""
    if any(read in network for network in networks.certain):
        return "certain"
    return "probable" if any(read in network for network in networks.probable) else ""


def proxy_of(user_agent: str) -> str:
    """Return whose mail proxy a user agent is; empty when it is none."""
    return next((owner for part, owner in PROXIES.items() if part in user_agent), "")
