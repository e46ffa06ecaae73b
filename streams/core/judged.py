"""What the operator has judged: the allow list before the deny list (docs/semantics.md, section 9)."""

from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network

from streams.core.totals import ALLOWED

DENIED = "denied"
Network = IPv4Network | IPv6Network


def judged(allow: tuple[str, ...], deny: tuple[str, ...], address: str, user_agent: str) -> str:
    """Return `allowed`, `denied` or nothing for an address (also one truncated to its network) and a user agent.

    An entry with a slash whose parts are a network is compared with the address, any other with the user agent's text.
    """
    if not (allow or deny):
        return ""
    return _judged(allow, deny, address, user_agent)


@lru_cache(maxsize=4096)
def _judged(allow: tuple[str, ...], deny: tuple[str, ...], address: str, user_agent: str) -> str:
    network = network_of(address)
    if any(_names(entry, network, user_agent) for entry in allow):
        return ALLOWED
    return DENIED if any(_names(entry, network, user_agent) for entry in deny) else ""


def network_of(text: str) -> Network | None:
    """Return the network that a text names, None when it names none."""
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def _names(entry: str, network: Network | None, user_agent: str) -> bool:
    listed = network_of(entry) if "/" in entry else None
    if listed is None:
        return bool(entry) and entry.lower() in user_agent.lower()
    if isinstance(listed, IPv4Network):
        return isinstance(network, IPv4Network) and network.overlaps(listed)
    return isinstance(network, IPv6Network) and network.overlaps(listed)
