"""Addresses without what must not be kept: e-mail addresses, card numbers, passwords and tokens.

Most addresses hold nothing of this and are recognised by a few cheap looks. Everything else is linear in the length: each
character is visited a fixed number of times, because callers choose what they send.
"""

import re
from functools import lru_cache
from typing import Any

EMAIL = "(email)"
CARD = "(card)"
REMOVED = "(removed)"

REMEMBERED_LENGTH = 512
MAX_DEPTH = 20
"""Levels of properties that are looked into; who nests an address deeper does not get it scrubbed but removed."""

_AT = r"@|%(?:25)*40"
_ENCODED_END = r"%(?:25)*(?:20|22|23|26|2C|2F|3A|3B|3C|3D|3E|3F)"
_MANY_DIGITS = re.compile(r"\d(?:[ +-]?\d){12}")
_TOKENS = re.compile(rf"(?:(?!{_ENCODED_END})[^/?&#=;:,\s\"<>()])+", re.IGNORECASE)
_EMAIL = re.compile(rf"(.*?)(?:{_AT}).", re.IGNORECASE | re.DOTALL)
_USERINFO = re.compile(r"^([a-z][a-z0-9+.-]{0,30}:)?//[^/?#]*@", re.IGNORECASE)
_LONG_NAMES = (
    *("token", "password", "passwort", "passwd", "passphrase", "secret", "apikey", "api_key", "api-key", "accesskey", "access_key"),
    *("access-key", "private_key", "jwt", "signature", "credential", "credentials", "sessionid", "session_id", "sessid"),
)
"""A parameter whose name ends like this is a secret."""
_SHORT_NAMES = ("key", "pass", "pwd", "auth", "authorization", "sid", "sig", "otp", "pin", "ssn", "iban", "cvv", "cvc")
"""These are secrets as a whole word only: a `keyword` or a `monkey` is none."""
_NAMES = tuple(name + end for name in (*_LONG_NAMES, *_SHORT_NAMES) for end in ("", "]", "%5d"))
_SECRET_NAME = rf"(?:{'|'.join(_LONG_NAMES)}|(?<![a-z0-9])(?:{'|'.join(_SHORT_NAMES)}))"
_SECRET = re.compile(
    rf"({_SECRET_NAME}(?:\]|%(?:25)*5D)?(?:=|%(?:25)*3D))(?:(?!%(?:25)*(?:23|26))[^&#;\s\"])+",
    re.IGNORECASE,
)
_JWT = re.compile(r"eyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?")
_CARD = re.compile(r"(?<!\d)[2-6](?:(?:[ +-]|%20)?\d){12,18}(?!\d)")


def scrub(text: str) -> str:
    """Return an address without e-mail addresses, card numbers, secrets in its parameters, and credentials. Never raises."""
    encoded = "%" in text
    if "@" in text:
        text = _USERINFO.sub(lambda found: f"{found[1] or ''}//", text)
    if encoded or ("=" in text and _may_hold_secret(text)):
        text = _SECRET.sub(rf"\1{REMOVED}", text)
    if "eyJ" in text:
        text = _JWT.sub(REMOVED, text)
    if encoded or _MANY_DIGITS.search(text):
        text = _CARD.sub(_without_card, text)
    return _TOKENS.sub(_without_email, text) if encoded or "@" in text else text


def scrub_known(text: str) -> str:
    """Do what `scrub` does, and remember it: the same pages are looked at again and again."""
    return _scrubbed_before(text) if len(text) <= REMEMBERED_LENGTH else scrub(text)


def is_address(text: str) -> bool:
    """True when a value looks like (a part of) a URL."""
    return "://" in text or text[:1] in "/?#" or text[:7].lower() == "mailto:"


def scrub_values(values: dict[str, Any]) -> dict[str, Any]:
    """Return properties with every address in them scrubbed; the same object when there is nothing to do."""
    return _scrubbed(values, MAX_DEPTH)  # type: ignore[no-any-return]  # an object gives an object


_scrubbed_before = lru_cache(maxsize=4096)(scrub)


def _may_hold_secret(text: str) -> bool:
    return any(piece.endswith(_NAMES) for piece in text.lower().split("=")[:-1])


def _scrubbed(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return scrub_known(value) if value and is_address(value) else value
    if isinstance(value, (dict, list)):
        if depth == 0:
            return None
        return _object(value, depth - 1) if isinstance(value, dict) else _array(value, depth - 1)
    return value


def _object(values: dict[str, Any], depth: int) -> dict[str, Any]:
    changed = {}
    for name, value in values.items():
        if isinstance(value, (str, dict, list)):
            scrubbed = _scrubbed(value, depth)
            if scrubbed is not value:
                changed[name] = scrubbed
    return {**values, **changed} if changed else values


def _array(values: list[Any], depth: int) -> list[Any]:
    scrubbed = [_scrubbed(value, depth) for value in values]
    return scrubbed if any(new is not old for new, old in zip(scrubbed, values, strict=True)) else values


def _without_email(token: re.Match[str]) -> str:
    found = _EMAIL.match(token[0])
    if found is None:
        return token[0]
    if found[1]:
        return EMAIL
    handle = "." not in token[0] or token.string[: token.start()].endswith("/")  # `/@anna/clips`, `?q=@anna`
    return token[0] if handle else EMAIL


def _without_card(found: re.Match[str]) -> str:
    digits = [int(digit) for digit in re.sub(r"%20|\D", "", found[0])]
    return CARD if _is_card(digits) else found[0]


def _is_card(digits: list[int]) -> bool:
    """Luhn's check: true for one run of digits in ten, and for every card number."""
    doubled = [(digit * 2 - 9 if digit > 4 else digit * 2) if place % 2 else digit for place, digit in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0
