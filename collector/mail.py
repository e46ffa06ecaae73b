"""The addresses in e-mails: opens, clicks and preferences, durable before they are answered, and answered all the same.

A person who opens a mail or follows its link gets the image or the page whatever happens to the event; what could not be kept is
counted in `footprint_collector_not_durable`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from collector.core import answers
from collector.core.links import Mailed, Purpose, Read, landing
from collector.core.mail_hits import Hit, hit_message
from collector.core.mail_pages import POLICY, language_of, leaving_page, preferences_page
from collector.core.preferences import choices, preference_messages
from collector.handlers import Handlers, Outcome
from collector.metrics import Metrics
from collector.ports import Publisher, settled
from collector.publishing import Publishing
from schemas.errors import Retryable

PATIENCE_S = 0.3
"""Nobody waits longer than this for a page because Kafka is slow: the event goes to the spool."""

MAX_FORM = 16 * 1024
NO_STORE = {"cache-control": "no-store, private", "x-robots-tag": "noindex"}
PAGE = NO_STORE | {"content-security-policy": POLICY, "referrer-policy": "no-referrer"}

Endpoint = Callable[[Request], Awaitable[Response]]


class Mail:
    """The endpoints under `/e/` over the handlers of all events."""

    def __init__(self, handlers: Handlers, *, publishing: Publishing, publisher: Publisher, metrics: Metrics) -> None:
        self._handlers = handlers
        self._publishing = publishing
        self._publisher = publisher
        self._metrics = metrics

    def routes(self) -> list[Route]:
        """Return the routes, with and without a final slash."""
        paths: dict[str, tuple[Endpoint, list[str]]] = {
            "/e/o/{token}.gif": (self.open, ["GET", "HEAD"]),
            "/e/c/{token}": (self.click, ["GET", "HEAD"]),
            "/e/u/{token}": (self.preferences, ["GET", "HEAD", "POST"]),
        }
        return [Route(path + slash, endpoint, methods=methods) for path, (endpoint, methods) in paths.items() for slash in ("", "/")]

    async def open(self, request: Request) -> Response:
        """Answer an image, always the same; a token that is not ours makes no event."""
        read = self._read(request, "pixel")
        if read is not None:
            await self._hit(request, read.mailed, "open")
        return Response(answers.GIF, 200, NO_STORE, "image/gif")

    async def click(self, request: Request) -> Response:
        """Lead on to the target; a token that is not ours is a page that does not exist."""
        read = self._read(request, "link")
        if read is None:
            return _not_found()
        if read.retired:
            return HTMLResponse(leaving_page(_language(request), read.mailed.target), headers=PAGE)
        click_id = await self._hit(request, read.mailed, "click")
        return RedirectResponse(landing(read.mailed.target, click_id) if click_id else read.mailed.target, 302, NO_STORE)

    async def preferences(self, request: Request) -> Response:
        """Show the page of preferences; a POST changes them, nothing else does."""
        read = self._read(request, "unsubscribe")
        if read is None:
            return _not_found()
        mailed, topics = read.mailed, self._handlers.topics_of(read.mailed.site)
        if request.method != "POST":
            return self._page(request, mailed, dict.fromkeys(topics, True))
        form = parse_qs((await request.body())[:MAX_FORM].decode("utf-8", "replace"), keep_blank_values=True)
        chosen = choices(form, topics)
        messages = preference_messages(mailed, chosen, event_id=self._handlers.new_id)
        outcome = self._outcome(request, mailed.site, messages)
        if not await self._durable(outcome):
            return _respond(self._handlers.unavailable())
        return self._page(request, mailed, {name: chosen.wanted.get(name, False) for name in topics}, done=chosen.done)

    def _page(self, request: Request, mailed: Mailed, wanted: dict[str, bool], *, done: str = "") -> Response:
        titles = self._handlers.topics_of(mailed.site)
        topics = [(name, title, wanted[name]) for name, title in titles.items()]
        page = preferences_page(_language(request), site=mailed.site, customer=mailed.customer, topics=topics, done=done)
        return HTMLResponse(page, headers=PAGE)

    def _read(self, request: Request, purpose: Purpose) -> Read | None:
        read = self._handlers.config.links.read(request.path_params["token"].encode("utf-8", "replace"), purpose)
        if read is None:
            self._metrics.bad_tokens.add((purpose,))
        return read

    async def _hit(self, request: Request, mailed: Mailed, hit: Hit) -> str:
        """Make an event of a hit and return its id; nothing when it must not be stored."""
        event_id = self._handlers.new_id()
        message = hit_message(hit, mailed, event_id=event_id, method=request.method, headers=request.headers)
        outcome = self._outcome(request, mailed.site, [message])
        await self._durable(outcome)
        return event_id if outcome.accepted else ""

    def _outcome(self, request: Request, site: str, messages: list[dict[str, object]]) -> Outcome:
        peer = request.client.host if request.client else ""
        return self._handlers.accept_mailed(site, messages, headers=request.headers, peer=peer)

    async def _durable(self, outcome: Outcome) -> bool:
        """True once what an outcome writes is durable, by Kafka or, when that takes too long, by the spool."""
        with self._publishing.budget.hold() as hold:
            delivery = asyncio.ensure_future(settled(partial(self._publishing.submit, outcome, hold)))
            await asyncio.wait({delivery}, timeout=PATIENCE_S)
            try:
                if delivery.done():
                    delivery.result()
                elif outcome.publication is not None:
                    delivery.add_done_callback(_taken_note_of)
                    await self._publisher.keep(outcome.publication)
            except Retryable:
                self._metrics.not_durable.add(("mail",))
                return False
        return True


def _taken_note_of(delivery: "asyncio.Future[None]") -> None:
    """Look at the end of a delivery that nobody waits for: its event is on the disk."""
    if not delivery.cancelled():
        delivery.exception()


def _language(request: Request) -> str:
    return language_of(request.headers.get("accept-language", ""))


def _not_found() -> Response:
    return _respond(answers.NOT_FOUND)


def _respond(answer: answers.Answer) -> Response:
    headers = {name.decode(): value.decode() for name, value in answer.headers}
    return Response(answer.body, answer.status, headers | NO_STORE)
