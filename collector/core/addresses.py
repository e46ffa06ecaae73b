"""Whose address a request carries, and how much of it is kept."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Literal

Network = IPv4Network | IPv6Network


def client_address(peer: str, forwarded: str, trusted: Sequence[Network]) -> str:
    """Return the address of the client behind the trusted proxies.

    `forwarded` is X-Forwarded-For. It is walked from the right, because only what a trusted proxy appended is true:
    the first hop that is not such a proxy is the client.
    """
    client = peer
    for hop in reversed(forwarded.split(",") if forwarded else ()):
        if not _is_trusted(client, trusted):
            return client
        address = _without_port(hop.strip())
        if _read(address) is None:
            return client
        client = address
    return client


@lru_cache(maxsize=4096)
def kept_address(address: str, rule: Literal["truncate", "full", "drop"]) -> str | None:
    """Return what is stored of an address: /24 or /48 of it, all of it, or nothing (also when it is none)."""
    read = _read(address)
    if read is None or rule == "drop":
        return None
    if rule == "full":
        return str(read)
    return str(ip_network((read, 24 if read.version == 4 else 48), strict=False).network_address)


def _read(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _is_trusted(text: str, trusted: Sequence[Network]) -> bool:
    address = _read(text)
    return address is not None and any(address in network for network in trusted)


def _without_port(hop: str) -> str:
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop
