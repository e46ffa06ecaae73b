"""Keys made from the operator's secret keys: one per purpose and site, so that what one signs means nothing elsewhere."""

import hmac


def derive(secret: str, purpose: str, site: str) -> bytes:
    """Return the key of one purpose and site, 32 bytes."""
    return hmac.digest(secret.encode(), f"{purpose}\0{site}".encode(), "sha256")


def pseudonym(key: bytes, text: str) -> str:
    """Return 32 hex digits that stand for a text: always the same ones, and nothing to anybody without the key."""
    return hmac.digest(key, text.encode("utf-8", "surrogatepass"), "sha256")[:16].hex()


def daily_visitor(key: bytes, day: int, *, address: str, user_agent: str) -> str | None:
    """Return today's id of a visitor without storage: nobody is recognised on the next day. None when nothing is known.

    `day` counts the days of UTC; the salt of each is made from the key.
    """
    if not (address or user_agent):
        return None
    salt = hmac.digest(key, str(day).encode(), "sha256")
    return "day-" + pseudonym(salt, f"{address}\0{user_agent}")
