"""Opens and clicks: durable before they are answered, and answered all the same.

A person who opens a mail or follows its link gets the image or the page whatever happens to the event; what could not be kept is
counted in `footprint_collector_not_durable`. Both transports come here; `collector.quick_hits` is the quick way past it.
"""

from collector.core import answers
from collector.core.answers import Answer
from collector.core.links import Read, landing
from collector.core.mail_hits import IMAGE_ANSWER, NO_STORE, PURPOSES, hint_of, hit_message, is_usual, led_on
from collector.core.mail_pages import PAGE_HEADERS, language_of, leaving_page
from collector.core.routes import OPEN
from collector.core.shapes import sent
from collector.handlers import Handlers, Outcome, Request
from collector.metrics import Metrics

NOT_FOUND = Answer(404, answers.NOT_FOUND.body, (*answers.NOT_FOUND.headers, *NO_STORE))


class Hits:
    """Opens and clicks over the handlers of all events."""

    def __init__(self, handlers: Handlers, metrics: Metrics) -> None:
        self._handlers = handlers
        self._metrics = metrics

    def outcome(self, request: Request) -> Outcome:
        """Return the outcome of a request for an e-mail's address; its `query` is the token. No input makes it raise."""
        purpose = PURPOSES[request.route.name]
        read = self._handlers.config.links.read(request.query.encode("latin-1", "replace"), purpose)
        if read is None:
            self._metrics.bad_tokens.add((purpose,))
            return Outcome(IMAGE_ANSWER if request.route is OPEN else NOT_FOUND)
        if read.retired and request.route is not OPEN:
            page = leaving_page(language_of(request.headers.get("accept-language", "")), read.mailed.target)
            return Outcome(Answer(200, page.encode(), PAGE_HEADERS))
        return self._event(request, read)

    def _event(self, request: Request, read: Read) -> Outcome:
        mailed, event_id = read.mailed, self._handlers.new_id()
        message = hit_message(request.route, mailed, event_id=event_id, hint=hint_of(request.method, request.headers))
        outcome = self._handlers.accept_mailed(mailed.site, [message if is_usual(mailed) else sent(message)], request)
        if request.route is OPEN:
            outcome.answer = IMAGE_ANSWER
        else:  # what must not be stored leads on without an id
            outcome.answer = led_on(landing(mailed.target, event_id if outcome.accepted else ""))
        outcome.otherwise = outcome.answer
        return outcome
