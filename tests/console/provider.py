"""An OpenID Connect provider for tests: signs what it is told to, and answers in the process, without a network."""

import base64
import hashlib
import hmac
import json
from urllib.parse import parse_qs, urlsplit

import httpx2
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

ISSUER = "https://login.example/realm"
CLIENT, SECRET = "console", "a secret of the provider"
KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})


class FakeProvider:
    """`claims` go over what is right into the next token; `sign` may sign it another way. `requests` are all that came."""

    def __init__(self, clock):
        self.clock, self.claims, self.sign, self.key, self.down = clock, {}, None, KEY, False
        self.known = {"issuer": ISSUER} | {name: f"{ISSUER}/{name}" for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
        self.requests, self.codes = [], {}

    def http(self):
        """Return a client that reaches nobody else."""
        return httpx2.AsyncClient(transport=httpx2.MockTransport(self._answer))

    def authorize(self, address):
        """Be the browser at the provider: return the code and state that come back."""
        asked = {name: value[0] for name, value in parse_qs(urlsplit(address).query).items()}
        assert (asked["client_id"], asked["response_type"], asked["code_challenge_method"]) == (CLIENT, "code", "S256")
        code = f"code{len(self.codes)}"
        self.codes[code] = asked
        return {"code": code, "state": asked["state"], "iss": ISSUER}

    def _answer(self, request):
        self.requests.append(request)
        if self.down:
            raise httpx2.ConnectError("away")
        if request.url.path.endswith("openid-configuration"):
            return httpx2.Response(200, json=self.known)
        if request.url.path.endswith("jwks_uri"):
            return httpx2.Response(200, json=KeySet([self.key]).as_dict(private=False))
        return self._token(request)

    def _token(self, request):
        told = {name: value[0] for name, value in parse_qs(request.content.decode()).items()}
        asked = self.codes.pop(told.get("code"), None)  # a code is good once
        login = base64.b64encode(f"{CLIENT}:{SECRET.replace(' ', '+')}".encode()).decode()
        plain = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        proved = base64.urlsafe_b64encode(hashlib.sha256(told["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        right = asked and proved == asked["code_challenge"] and told["redirect_uri"] == asked["redirect_uri"]
        if not right or request.headers.get("authorization") not in (f"Basic {login}", f"Basic {plain}"):
            return httpx2.Response(400, json={"error": "invalid_grant"})
        now = int(self.clock())
        claims = {"iss": ISSUER, "aud": CLIENT, "sub": "u1", "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        claims |= {"email": "ada@example.com", "email_verified": True, "groups": ["staff", "sales"]} | self.claims
        claims = {name: value for name, value in claims.items() if value is not None}
        return httpx2.Response(200, json={"id_token": (self.sign or self.signed)(claims)})

    def signed(self, claims):
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)


def unsigned(claims):
    return f"{_first_parts('none', claims)}."


def by_shared_secret(claims):
    """Sign with the provider's public key as a secret: what a reader takes that believes the token's own word for the algorithm."""
    text = _first_parts("HS256", claims)
    return f"{text}.{_base64(hmac.digest(KEY.as_pem(private=False), text.encode(), 'sha256'))}"


def _first_parts(algorithm, claims):
    return ".".join(_base64(json.dumps(part).encode()) for part in ({"alg": algorithm, "kid": "one"}, claims))


def _base64(content):
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def by_other_key(claims):
    return jwt.encode({"alg": "ES256", "kid": "one"}, claims, ECKey.generate_key("P-256"))
