"""Who asks: the pipeline, which may do everything, or the analyst, who only reads."""

import base64
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

PIPELINE = "pipeline"
ANALYST = "analyst"

LONGEST_DELAY_S = 2.0


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user's name and password, as sent."""

    user: str
    password: str = field(repr=False)


def credentials_of(headers: Mapping[str, str], parameters: Mapping[str, str]) -> Credentials:
    """Return what a request sent, looked for where ClickHouse looks: its own headers, Basic, the address."""
    if user := headers.get("x-clickhouse-user"):
        return Credentials(user, headers.get("x-clickhouse-key", ""))
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        return _basic(value)
    return Credentials(parameters.get("user", ""), parameters.get("password", ""))


def _basic(value: str) -> Credentials:
    try:
        user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError:
        return Credentials("", "")
    return Credentials(user, password)


class Users:
    """The users and their passwords. Guessing slows down: each wrong password of a user doubles the next wait."""

    def __init__(self, passwords: Mapping[str, str]) -> None:
        self._passwords = dict(passwords)
        self._wrong: dict[str, int] = {}

    def accepts(self, given: Credentials) -> bool:
        """True when the password is the user's. Takes the same time whatever is wrong."""
        known = self._passwords.get(given.user)
        right = hmac.compare_digest((known or "").encode(), given.password.encode()) and bool(known)
        if right:
            self._wrong.pop(given.user, None)
        else:
            name = given.user if known else ""
            self._wrong[name] = self._wrong.get(name, 0) + 1
        return right

    def delay(self, given: Credentials) -> float:
        """Return how long to hold the refusal back, seconds."""
        name = given.user if given.user in self._passwords else ""
        doublings = min(self._wrong.get(name, 1) - 1, 10)
        return min(0.05 * 2.0**doublings, LONGEST_DELAY_S)
