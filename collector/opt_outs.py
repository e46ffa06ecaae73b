"""`GET /v1/suppressions`: who must not be sent what, for the servers that send. Answered from memory, which follows the preferences topic."""

import asyncio
import math
import time
from contextlib import suppress

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from collector.core import answers
from collector.core.answers import Answer, Refusal
from collector.core.keys import key_outside_body
from collector.core.opt_outs import MAX_PAGE, OptOuts, Question
from collector.handlers import Handlers
from collector.ports import Follows
from schemas import codec
from schemas.errors import Retryable

log = structlog.get_logger()

STALE_S = 30.0
"""A list that the broker has not confirmed for so long is not told: who waits with a mail harms nobody."""

RETRY_S = 1.0
PATH = "/v1/suppressions"
UNKNOWN = Refusal(
    401, "unknown_key", "This is no secret key. Make one with `footprint keys create --site SITE --secret`, and send it as Bearer."
)
UNREADABLE = Refusal(400, "invalid_limit", f"`limit` is a number from 1 to {MAX_PAGE:,}. Correct it.")


class OptOutFeed:
    """The list of this process, as far as the topic was read. A lost connection begins a new list, which is taken when it is whole."""

    def __init__(self, topic: Follows | None) -> None:
        self._topic = topic
        self._list = OptOuts()
        self._confirmed = -math.inf
        self._said = ""
        self._task: asyncio.Task[None] | None = None

    @property
    def now(self) -> OptOuts | None:
        """The list, None when it may not be what the topic says."""
        return self._list if time.monotonic() - self._confirmed < STALE_S else None

    async def start(self) -> None:
        """Begin to follow, in the background: events are taken while the topic cannot be read."""
        if self._topic is not None:
            self._task = asyncio.create_task(self._run(self._topic))

    async def stop(self) -> None:
        """Follow no more."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _run(self, topic: Follows) -> None:
        while True:
            coming = OptOuts()

            def whole(coming: OptOuts = coming) -> None:
                self._list, self._confirmed, self._said = coming, time.monotonic(), ""

            try:
                await topic.follow(coming.put, whole)
            except Retryable as error:
                if self._said != str(error):  # once for each outage
                    log.warning("preferences_not_read", reason=str(error))
                self._said = str(error)
            await asyncio.sleep(RETRY_S)


class OptOutPage:
    """The endpoint, over the handlers that know the keys."""

    def __init__(self, handlers: Handlers, feed: OptOutFeed) -> None:
        self._handlers = handlers
        self._feed = feed

    def routes(self) -> list[Route]:
        """Return the routes, with and without a final slash."""
        return [Route(PATH + slash, self.answer) for slash in ("", "/")]

    async def answer(self, request: Request) -> Response:
        """Answer one page of the list of the key's site."""
        site = self._handlers.reading_site_of(key_outside_body(request.headers, ""))
        if site is None:
            return _respond(answers.refused(UNKNOWN))
        question = _question(request)
        if question is None:
            return _respond(answers.refused(UNREADABLE))
        found = self._feed.now
        if found is None:
            return _respond(self._handlers.unavailable("not_known"))
        tag = f'"{found.tag(site, question)}"'
        if tag in [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]:
            return _respond(Answer(304, b"", ()), tag)
        entries, after = found.page(site, question)
        body = {"success": True, "site": site, "suppressions": entries, "next": after or None}
        return _respond(Answer(200, codec.dumps(body)), tag)


def _question(request: Request) -> Question | None:
    told = request.query_params
    limit = told.get("limit", str(MAX_PAGE))
    if not limit.isdecimal() or not limit.isascii() or not 1 <= int(limit[:9]) <= MAX_PAGE:
        return None
    return Question(told.get("channel", "email"), told.get("topic", ""), told.get("after", ""), int(limit))


def _respond(answer: Answer, tag: str = "") -> Response:
    headers = {name.decode(): value.decode() for name, value in answer.headers} | {"cache-control": "private, no-cache"}
    return Response(answer.body, answer.status, headers | ({"etag": tag} if tag else {}))
