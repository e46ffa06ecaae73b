"""`GET /v1/profiles/{customer}`: what is known of a customer, for the site's own servers."""

from collections.abc import Callable
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from collector.core import answers
from collector.core.answers import Answer, Refusal
from collector.core.keys import key_outside_body
from collector.core.told_profiles import tag_of, told
from collector.handlers import Handlers
from collector.profile_feed import ProfileFeed
from schemas import codec

PREFIX = "/v1/profiles/"
UNKNOWN_KEY = Refusal(
    401, "unknown_key", "This is no secret key. Make one with `footprint keys create --site SITE --secret`, and send it as Bearer."
)
WRITE_KEY = Refusal(
    403, "not_a_secret_key", "A write key may send and not read: it stands in every page. Make a secret key with `footprint keys create`."
)
NOBODY = Refusal(404, "unknown_customer", "Nothing is known of this customer. Ids are compared exactly as they were sent.")


class ProfilePage:
    """The endpoint, over the handlers that know the keys."""

    def __init__(self, handlers: Handlers, feed: ProfileFeed, *, now_ms: Callable[[], int]) -> None:
        self._handlers = handlers
        self._feed = feed
        self._now_ms = now_ms

    def routes(self) -> list[Route]:
        """Return the route; a customer's id may hold slashes."""
        return [Route(PREFIX + "{customer:path}", self.answer)]

    async def answer(self, request: Request) -> Response:
        """Answer the profile of a customer of the key's site."""
        key = key_outside_body(request.headers, "")
        site = self._handlers.reading_site_of(key)
        if site is None:
            return respond(answers.refused(WRITE_KEY if key and self._handlers.site_of(key) else UNKNOWN_KEY))
        cache = self._feed.now
        if cache is None:
            return respond(self._handlers.unavailable("not_known"))
        customer = _customer(request)
        record = cache.get(f"{site}:c:{self._handlers.kept_id(site, customer)}") if customer else None
        if record is None:
            return respond(answers.refused(NOBODY))
        tag = tag_of(record)
        if tag.removeprefix("W/") in [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]:
            return respond(Answer(304, b"", ()), etag=tag)
        body = {"success": True, "site": site} | told(record, now_ms=self._now_ms())
        return respond(Answer(200, codec.dumps(body)), etag=tag)


def _customer(request: Request) -> str:
    """Return the id as it was written: a slash at the end of the path is none of it, one that is encoded is."""
    raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
    path = raw.partition(b"?")[0].decode("latin-1")
    return unquote(path[path.find(PREFIX) + len(PREFIX) :].removesuffix("/"))


def respond(answer: Answer, **more: str) -> Response:
    """Return an answer that no shared cache keeps, with more headers."""
    headers = {name.decode(): value.decode() for name, value in answer.headers} | {"cache-control": "private, no-cache"}
    return Response(answer.body, answer.status, headers | {name.replace("_", "-"): value for name, value in more.items()})
