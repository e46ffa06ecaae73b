"""The country of an address, offline."""

from functools import lru_cache

from iptocc import country_code


@lru_cache(maxsize=16_384)
def country_of(address: str) -> str:
    """Return the ISO 3166 code of an address (also one truncated to its network), empty when it is unknown."""
    try:
        return country_code(address.partition("/")[0]) or ""
    except ValueError:
        return ""
