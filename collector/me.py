"""`/v1/me`: what a site tells the visitor at hand of their own profile, and the token that proves which visitor that is.

    POST   gives a visitor id that the collector makes now, and the token for it
    GET    tells the fields that the site lists, to the bearer of a token

Nobody is believed by an id, and `identify` proves nothing: a customer's fields need a token of the site's own server.
"""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from collector.core import answers, cookies, privacy
from collector.core.answers import Answer, Refusal
from collector.core.cors import cors
from collector.core.proofs import read_customer, read_visitor, sign_visitor
from collector.core.signing import pseudonym
from collector.core.sites import SiteRules
from collector.core.told_profiles import told_to_visitor
from collector.handlers import Handlers
from collector.profile_feed import ProfileFeed
from schemas import codec

PATH = "/v1/me"
OF_CUSTOMER = "x-customer-token"
NO_STORE = {"cache-control": "private, no-store", "vary": "Origin, Authorization, X-Customer-Token", "x-content-type-options": "nosniff"}
NOT_OURS = Refusal(401, "unknown_key", "This write key belongs to no site, or not to this origin. Check both.")
OFF = Refusal(403, "nothing_to_tell", "This site tells visitors nothing. Name what it may tell in me_fields of the site.")
UNPROVEN = Refusal(
    401, "unproven", "The token is none of this site's, or has expired. Ask for another: POST /v1/me, or the site's own server."
)


class MePage:
    """The endpoint, over the handlers that know the sites."""

    def __init__(self, handlers: Handlers, feed: ProfileFeed, *, new_id: Callable[[], str], now_ms: Callable[[], int]) -> None:
        self._handlers = handlers
        self._feed = feed
        self._new_id = new_id
        self._now_ms = now_ms

    def routes(self) -> list[Route]:
        """Return the routes, with and without a final slash."""
        return [Route(PATH + slash, self.answer, methods=["GET", "POST", "OPTIONS"]) for slash in ("", "/")]

    async def answer(self, request: Request) -> Response:
        """Answer one question; only pages of the site's origins may read the answer."""
        origin = ",".join(request.headers.getlist("origin"))
        site = self._handlers.site_of(request.query_params.get("writeKey", ""))
        if site is None or not site.allows(origin):
            return _respond(answers.refused(NOT_OURS))
        if request.method == "OPTIONS":
            return _respond(answers.PREFLIGHT, origin, preflight=True)
        if not site.me_fields:
            return _respond(answers.refused(OFF), origin)
        if privacy.declines(request.headers, site):
            return _respond(_told({}), origin)
        if request.method == "POST":
            return self._mint(site, origin)
        return _respond(self._tell(request, site), origin)

    def _mint(self, site: SiteRules, origin: str) -> Response:
        visitor = self._new_id()
        token = sign_visitor(visitor, site.proof, now_ms=self._now_ms())
        answer = _respond(Answer(200, codec.dumps({"success": True, "visitorId": visitor, "token": token})), origin)
        if site.cookie_keys:
            answer.headers.append("set-cookie", cookies.set_visitor(visitor, site.cookie_keys[-1]))
        return answer

    def _tell(self, request: Request, site: SiteRules) -> Answer:
        """Return the fields of whom the request proves: the customer where the site's server says so, else the visitor."""
        now = self._now_ms()
        shown, of_customer = _bearer(request), _one(request, OF_CUSTOMER)
        visitor = read_visitor(shown, site.proof, now_ms=now) if shown else None
        customer = read_customer(of_customer, site.proof, now_ms=now) if of_customer else None
        if (shown and visitor is None) or (of_customer and customer is None) or not (shown or of_customer):
            return answers.refused(UNPROVEN)
        cache = self._feed.now
        if cache is None:
            return self._handlers.unavailable("not_known")
        key = f"c:{self._kept(site, customer)}" if customer is not None else f"v:{self._kept(site, visitor or '')}"
        profile = told_to_visitor(cache.get(f"{site.site}:{key}"), site.me_fields, now_ms=now)
        return _told({"profile": profile} | ({"token": sign_visitor(visitor, site.proof, now_ms=now)} if visitor else {}))

    def _kept(self, site: SiteRules, name: str) -> str:
        return pseudonym(site.hash_key, name) if site.hash_key else name


def _told(fields: dict[str, object]) -> Answer:
    return Answer(200, codec.dumps({"success": True, "profile": {}} | fields))


def _bearer(request: Request) -> str:
    scheme, _, token = _one(request, "authorization").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _one(request: Request, name: str) -> str:
    """Return a header; one that comes twice is what no token is."""
    found = request.headers.getlist(name)
    return found[0] if len(found) == 1 else ",".join(found)


def _respond(answer: Answer, origin: str = "", *, preflight: bool = False) -> Response:
    headers = {name.decode(): value.decode() for name, value in answer.headers} | NO_STORE
    own = {
        name.decode(): value.decode() for name, value in cors(origin.encode("latin-1", "replace"), preflight=preflight) if name != b"vary"
    }
    return Response(answer.body, answer.status, headers | own)
