"""The page of e-mail preferences: looking at it changes nothing, a POST does, and the page says so only once it is durable."""

from collections.abc import Iterable, Mapping
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from collector.core import answers
from collector.core.answers import Answer
from collector.core.links import Mailed
from collector.core.mail_messages import ALL
from collector.core.mail_pages import PAGE_HEADERS, language_of, preferences_page
from collector.core.preferences import choices, preference_messages
from collector.handlers import Handlers
from collector.hits import NOT_FOUND
from collector.metrics import Metrics
from collector.opt_outs import OptOutFeed
from collector.publishing import Publishing

MAX_FORM = 16 * 1024


class Mail:
    """The endpoint `/e/u/` over the handlers of all events. Opens and clicks are answered in front (`collector.hits`)."""

    def __init__(self, handlers: Handlers, *, publishing: Publishing, metrics: Metrics, feed: OptOutFeed) -> None:
        self._handlers = handlers
        self._feed = feed
        self._publishing = publishing
        self._metrics = metrics

    def routes(self) -> list[Route]:
        """Return the routes, with and without a final slash."""
        return [Route(f"/e/u/{{token}}{slash}", self.preferences, methods=["GET", "HEAD", "POST"]) for slash in ("", "/")]

    async def preferences(self, request: Request) -> Response:
        """Show the page of preferences; a POST changes them, nothing else does."""
        read = self._handlers.config.links.read(request.path_params["token"].encode("utf-8", "replace"), "unsubscribe")
        if read is None:
            self._metrics.bad_tokens.add(("unsubscribe",))
            return _respond(NOT_FOUND)
        mailed, topics = read.mailed, self._handlers.topics_of(read.mailed.site)
        if request.method != "POST":
            return self._page(request, mailed, self._standing(mailed, topics))
        form = parse_qs((await request.body())[:MAX_FORM].decode("utf-8", "replace"), keep_blank_values=True)
        chosen = choices(form, topics)
        messages = preference_messages(mailed, chosen, event_id=self._handlers.new_id)
        outcome = self._handlers.accept_reported(mailed.site, messages)
        if not await self._publishing.is_durable(outcome, "preferences", patient=False):
            return _respond(self._handlers.unavailable())
        return self._page(request, mailed, {name: chosen.wanted.get(name, False) for name in topics}, done=chosen.done)

    def _standing(self, mailed: Mailed, topics: Iterable[str]) -> dict[str, bool]:
        """Return which topics are wanted now: a form that is saved as it is shown must change nothing. Everything, where that is not known."""
        found = self._feed.now
        choices = found.choices(mailed.site, self._handlers.kept_id(mailed.site, mailed.customer)) if found is not None else {}
        return {topic: choices.get(topic, choices.get(ALL, "in")) == "in" for topic in topics}

    def _page(self, request: Request, mailed: Mailed, wanted: Mapping[str, bool], *, done: str = "") -> Response:
        titles = self._handlers.topics_of(mailed.site)
        topics = [(name, title, wanted[name]) for name, title in titles.items()]
        language = language_of(request.headers.get("accept-language", ""))
        page = preferences_page(language, site=mailed.site, customer=mailed.customer, topics=topics, done=done)
        return _respond(Answer(200, page.encode(), PAGE_HEADERS))


def _respond(answer: answers.Answer) -> Response:
    return Response(answer.body, answer.status, {name.decode(): value.decode() for name, value in answer.headers})
