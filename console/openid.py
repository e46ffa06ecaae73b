"""The console's door to an OpenID Connect provider: asks where it is, changes a code for a token, and reads the token's signature."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx2
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import extract_compact
from joserfc.jwt import JWTClaimsRegistry, decode

from console.core.openid import Attempt, Client, Person, SignInRefused, person_of
from schemas.errors import Retryable

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
"""Those of public keys: `none`, and secrets that both sides know, prove nothing here."""

LEEWAY_S = 60
TIMEOUT_S = 10.0
KNOWN_S = 3600.0
AGAIN_S = 60.0
"""Keys are asked for again at most this often, whatever key a token names."""

LONGEST = 512 * 1024
AWAY = "The sign-in service does not answer. Sign in with a password, or try again in a minute."


class Provider:
    """One provider. What it says of itself is kept for an hour. `clock` is Unix seconds."""

    def __init__(self, client: Client, secret: str, *, http: httpx2.AsyncClient, clock: Callable[[], float]) -> None:
        self.client = client
        self._secret = secret
        self._http = http
        self._clock = clock
        self._told: Mapping[str, Any] = {}
        self._keys = KeySet([])
        self._told_at = self._keys_at = float("-inf")
        self._turn = asyncio.Lock()

    async def address(self, attempt: Attempt) -> str:
        """Return where a browser is sent to sign in. Raises Retryable when the provider does not answer."""
        return self.client.address(str((await self._configuration())["authorization_endpoint"]), attempt)

    async def person(self, code: str, attempt: Attempt) -> Person:
        """Return who came back with a code. Raises SignInRefused, or Retryable when the provider does not answer."""
        token = await self._token(code, attempt)
        try:
            read = decode(token, await self._keys_for(token), algorithms=list(ALGORITHMS))
            self._registry().validate(read.claims)
        except (JoseError, ValueError) as error:
            raise SignInRefused(f"The answer of the sign-in service is not right ({type(error).__name__}). Begin again here.") from None
        return person_of(read.claims, self.client, attempt.nonce)

    def _registry(self) -> JWTClaimsRegistry:
        return JWTClaimsRegistry(
            now=lambda: int(self._clock()),
            leeway=LEEWAY_S,
            iss={"essential": True, "value": self.client.issuer},
            aud={"essential": True, "value": self.client.client_id},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
        )

    async def _token(self, code: str, attempt: Attempt) -> str:
        told = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.client.redirect, "code_verifier": attempt.verifier}
        known = await self._configuration()
        by_header = self._secret and "client_secret_basic" in known.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        login = httpx2.BasicAuth(self.client.client_id, self._secret) if by_header else None
        if not by_header:
            told |= {"client_id": self.client.client_id} | ({"client_secret": self._secret} if self._secret else {})
        try:
            answer = await self._http.post(
                str(known["token_endpoint"]), data=told, auth=login or httpx2.USE_CLIENT_DEFAULT, timeout=TIMEOUT_S
            )
        except httpx2.HTTPError:
            raise Retryable(AWAY) from None
        if answer.status_code >= 500:
            raise Retryable(AWAY)
        found = _object(answer).get("id_token")
        if answer.status_code != 200 or not isinstance(found, str):
            raise SignInRefused("The sign-in service did not take the answer. Begin again here.")
        return found

    async def _configuration(self) -> Mapping[str, Any]:
        async with self._turn:
            if self._clock() - self._told_at > KNOWN_S:
                told = await self._get(f"{self.client.issuer.rstrip('/')}/.well-known/openid-configuration")
                if told.get("issuer") != self.client.issuer:
                    raise Retryable("The sign-in service says that it is another one. Ask who looks after footprint to check its issuer.")
                for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                    require_safe(str(told.get(name, "")))
                self._told, self._told_at = told, self._clock()
            return self._told

    async def _keys_for(self, token: str) -> KeySet:
        """Return the provider's keys, asked for again when the token names one that is not among them."""
        known = await self._configuration()
        async with self._turn:
            age = self._clock() - self._keys_at
            if age > KNOWN_S or (age > AGAIN_S and not self._knows(token)):
                told = await self._get(str(known["jwks_uri"]))
                self._keys = KeySet.import_key_set({"keys": [key for key in told.get("keys", ()) if _signs(key)]})
                self._keys_at = self._clock()
            return self._keys

    def _knows(self, token: str) -> bool:
        named = extract_compact(token.encode()).headers().get("kid")
        return any(key.kid == named for key in self._keys.keys)

    async def _get(self, address: str) -> Mapping[str, Any]:
        try:
            answer = await self._http.get(address, timeout=TIMEOUT_S)
        except httpx2.HTTPError:
            raise Retryable(AWAY) from None
        if answer.status_code != 200:
            raise Retryable(AWAY)
        return _object(answer)


def require_safe(address: str) -> None:
    """Raise Retryable for an address over which nothing secret may go: only a machine's own loopback needs no TLS."""
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")):
        raise Retryable("The sign-in service names an address without TLS. Ask who looks after it.")


def _signs(key: object) -> bool:
    return isinstance(key, dict) and key.get("use", "sig") == "sig" and key.get("kty") in ("RSA", "EC", "OKP")


def _object(answer: httpx2.Response) -> Mapping[str, Any]:
    try:
        found = answer.json() if len(answer.content) <= LONGEST else None
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Retryable(AWAY)
    return found
