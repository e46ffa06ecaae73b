"""Sign-in by OpenID Connect, as far as it needs no network: what is asked, what must come back, and which roles it gives."""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode

from itsdangerous import BadData, URLSafeSerializer

from console.core.accounts import EVERY_SITE, NAME, ROLES, Role, User

SALT = "footprint-console-openid"
ATTEMPT_MS = 600_000
"""Longest time between going to the provider and coming back."""

FOREIGN = "oidc:"
"""Begins names that no user of the file can have."""

MOST_VALUES = 50


class SignInRefused(ValueError):
    """Somebody who may not come in; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One way to the provider and back. `state` ties it to a browser, `nonce` to a token, `verifier` to the code; `begun_at` is Unix ms."""

    state: str
    nonce: str
    verifier: str
    onward: str
    begun_at: int

    def challenge(self) -> str:
        """Return what the provider is told of the verifier (PKCE, S256)."""
        return base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()

    def is_answered_by(self, state: str) -> bool:
        """Return whether an answer belongs to this attempt."""
        return hmac.compare_digest(self.state.encode(), state.encode())


class AttemptCookies:
    """Signs attempts and reads them back."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._serializer = URLSafeSerializer(list(keys), salt=SALT)

    def sign(self, attempt: Attempt) -> str:
        """Return the cookie's value."""
        return str(self._serializer.dumps(asdict(attempt)))

    def read(self, value: str, now_ms: int) -> Attempt | None:
        """Return the attempt of a cookie, None when nobody signed it, or when it took too long."""
        try:
            attempt = Attempt(**self._serializer.loads(value))
        except (BadData, TypeError):
            return None
        return attempt if 0 <= now_ms - attempt.begun_at < ATTEMPT_MS else None


@dataclass(frozen=True, slots=True)
class Client:
    """What the settings say of the provider and of us there. `claim` is the one that roles come from: value -> site -> role."""

    issuer: str
    client_id: str
    redirect: str
    claim: str
    roles: Mapping[str, Mapping[str, Role]]

    def address(self, endpoint: str, attempt: Attempt) -> str:
        """Return where a browser is sent to sign in."""
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect,
            "scope": "openid email profile" + (f" {self.claim}" if self.claim == "groups" else ""),
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": attempt.challenge(),
            "code_challenge_method": "S256",
        }
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"

    def grants(self, values: Sequence[str]) -> dict[str, Role]:
        """Return the roles that the values of the claim give; of several for a site the one that may most."""
        found: dict[str, Role] = {}
        for value in values:
            for site, role in self.roles.get(value, {}).items():
                if site not in found or ROLES.index(role) > ROLES.index(found[site]):
                    found[site] = role
        return found


@dataclass(frozen=True, slots=True)
class Person:
    """Who the provider says it is: the name here, and the values of the claim that count."""

    name: str
    values: tuple[str, ...]


def person_of(claims: Mapping[str, Any], client: Client, nonce: str) -> Person:
    """Return the person of a token whose signature, issuer, audience and times are right. Raises SignInRefused."""
    told = claims.get("nonce")
    if not (isinstance(told, str) and hmac.compare_digest(told.encode(), nonce.encode())):
        raise SignInRefused("The answer belongs to another sign-in. Begin again here.")
    several = isinstance(claims.get("aud"), list) and len(claims["aud"]) > 1
    if (several or "azp" in claims) and claims.get("azp") != client.client_id:
        raise SignInRefused("The answer is for another program. Ask who looks after the provider to check the client.")
    subject = claims.get("sub")
    if not (isinstance(subject, str) and subject and subject.isprintable()):
        raise SignInRefused("The answer names nobody. Ask who looks after the provider.")
    email = claims.get("email") if claims.get("email_verified") is True else None
    named = isinstance(email, str) and NAME.fullmatch(email) is not None
    return Person(str(email) if named else f"{FOREIGN}{subject}"[:100], _values(claims, client))


def user_of(client: Client, name: str, values: Sequence[str], began_at: int) -> User | None:
    """Return the user that a session stands for by what its claim said, None when that gives no role now."""
    grants = client.grants(values)
    return User(name, "", grants, began_at, began_at) if grants else None


def read_roles(text: str) -> dict[str, dict[str, Role]]:
    """Read `VALUE=SITE:ROLE` or `VALUE=ROLE` for every site, separated by commas; raises ValueError for what is none of it."""
    found: dict[str, dict[str, Role]] = {}
    for item in filter(None, (part.strip() for part in text.split(","))):
        value, equals, told = item.rpartition("=")
        site, colon, name = told.rpartition(":")
        role = next((role for role in ROLES if role == name), None)
        if not (equals and value and role) or (colon and not site):
            raise ValueError(f"{item!r} is not VALUE=SITE:ROLE with a role of {', '.join(ROLES)}")
        found.setdefault(value, {})[site or EVERY_SITE] = role
    return found


def _values(claims: Mapping[str, Any], client: Client) -> tuple[str, ...]:
    """Return the values of the claim that the mapping knows: a session carries no others, so that its cookie stays small."""
    if client.claim == "email" and claims.get("email_verified") is not True:
        return ()
    told = claims.get(client.claim)
    several = told if isinstance(told, list) else [told]
    return tuple(value for value in several if isinstance(value, str) and value in client.roles)[:MOST_VALUES]
