"""Networks and user agents that fetch e-mails for somebody: a file with source and date, which an operator may replace."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Literal, NamedTuple

from pydantic import Field, IPvAnyNetwork

from streams.core.mail_labels import Reasons
from streams.core.model_text import Strict, parse

CACHED = 16_384
HINTS = frozenset({"head", "prefetch", "provider"})
"""What a request, or the provider that reports it, says of itself."""

Network = IPv4Network | IPv6Network
Rank = Literal["certain", "probable", "privacy", ""]


class NetworksText(Strict):
    """Networks (CIDR). Where addresses are truncated, none smaller than /24 and /48 can be recognised."""

    certain: tuple[IPvAnyNetwork, ...] = Field(default=(), description="Scanners: whatever comes from here is a machine's.")
    probable: tuple[IPvAnyNetwork, ...] = Field(
        default=(), description="Scanners and people: a click within five minutes of the delivery is a machine's."
    )
    privacy: tuple[IPvAnyNetwork, ...] = Field(
        default=(), description="Relays that fetch every image, read or not: opens from here are a machine's."
    )


class UserAgentsText(Strict):
    """Texts of user agents, and whose they are."""

    proxies: Mapping[str, str] = Field(default_factory=dict, description="Parts of the user agents of image proxies.")
    privacy: Mapping[str, str] = Field(
        default_factory=dict, description="Whole user agents of programs that fetch every image, read or not."
    )
    prefetchers: Mapping[str, str] = Field(
        default_factory=dict, description="Parts of the user agents of programs that follow links first."
    )


class AgentsText(Strict):
    """Networks and user agents that fetch e-mails for somebody, with source and date. Whoever is not named is judged by what else is known."""

    updated: date = Field(description="When it was looked over last.")
    sources: tuple[str, ...] = Field(min_length=1, description="Where it comes from, with the date of reading.")
    networks: NetworksText = Field(default_factory=NetworksText, description="Where requests come from.")
    user_agents: UserAgentsText = Field(default_factory=UserAgentsText, description="What programs call themselves.")


class Asked(NamedTuple):
    """What is known of the request of one hit. `hint` is what it says itself, `crawler` what the list of crawlers says of its user agent."""

    kind: Literal["open", "click"]
    hint: str = ""
    address: str = ""
    user_agent: str = ""
    crawler: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class MailAgents:
    """The file, compiled. Equal to itself only, so that it is quickly found in a cache."""

    networks: Mapping[Rank, "Networks"]
    user_agents: UserAgentsText

    def reasons(self, asked: Asked) -> Reasons:
        """Return what a hit says by itself (`streams.core.mail_labels.OWN`), in the order of section 9 of docs/semantics.md."""
        return _reasons(self, asked)

    def rank(self, address: str) -> Rank:
        """Return which networks an address belongs to, also the network that is kept of one; empty for none."""
        try:
            read = ip_address(address)
        except ValueError:
            return ""
        return next((rank for rank, networks in self.networks.items() if networks.hold(read.version, int(read))), "")


@dataclass(frozen=True, slots=True)
class Networks:
    """Networks by version and length of their prefix: finding an address costs the same among ten and among a million."""

    by_length: Mapping[tuple[int, int], frozenset[int]]

    def hold(self, version: int, address: int) -> bool:
        """True when one of them holds an address."""
        return any(known == version and address >> host in prefixes for (known, host), prefixes in self.by_length.items())


def read_agents(text: str, name: str) -> MailAgents:
    """Read the YAML of a file called `name` (for messages). Raises Misconfigured for anything that is wrong in it."""
    written = parse(AgentsText, text, name)
    named = written.networks
    ranks: dict[Rank, Networks] = {
        "certain": _networks(named.certain),
        "probable": _networks(named.probable),
        "privacy": _networks(named.privacy),
    }
    return MailAgents(ranks, written.user_agents)


def _networks(listed: Iterable[Network]) -> Networks:
    found: dict[tuple[int, int], set[int]] = {}
    for network in listed:
        host = network.max_prefixlen - network.prefixlen
        found.setdefault((network.version, host), set()).add(int(network.network_address) >> host)
    return Networks({key: frozenset(prefixes) for key, prefixes in found.items()})


@lru_cache(maxsize=CACHED)
def _reasons(agents: MailAgents, asked: Asked) -> Reasons:
    rank, named, opened = agents.rank(asked.address), agents.user_agents, asked.kind == "open"
    proxy = _part(named.proxies, asked.user_agent) if opened else ""
    privacy = (named.privacy.get(asked.user_agent, "") or ("relay" if rank == "privacy" else "")) if opened and not proxy else ""
    prefetcher = _part(named.prefetchers, asked.user_agent)
    found = {
        asked.hint: asked.hint in HINTS,
        f"prefetch:{prefetcher}": bool(prefetcher),
        "network": rank == "certain",
        "filter": rank == "probable",
        f"proxy:{proxy}": bool(proxy),
        f"privacy:{privacy}": bool(privacy),
        "crawler": asked.crawler and not proxy and not prefetcher,
    }
    return tuple(reason for reason, holds in found.items() if holds)


def _part(parts: Mapping[str, str], user_agent: str) -> str:
    return next((owner for part, owner in parts.items() if part in user_agent), "")


NO_AGENTS = MailAgents({}, UserAgentsText())
"""Nobody is known: only what a request says of itself counts."""
