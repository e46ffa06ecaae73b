"""From a request to its answer, whatever carried it: handled, made durable, counted, and only then answered."""

from collections.abc import Callable
from functools import partial

import structlog

from collector.budget import Hold
from collector.config import CollectorConfig
from collector.core import answers
from collector.core.answers import Answer
from collector.core.bodies import too_large
from collector.core.routes import Route
from collector.handlers import Handlers, Outcome, Request
from collector.hits import Hits
from collector.metrics import Metrics
from collector.publishing import Publishing
from collector.quick import Quick
from schemas.errors import Retryable

log = structlog.get_logger()

Answered = Callable[[Answer], None]

WANTED = frozenset(
    {
        b"accept-language",
        b"authorization",
        b"content-encoding",
        b"content-length",
        b"cookie",
        b"dnt",
        b"origin",
        b"purpose",
        b"sec-fetch-dest",
        b"sec-fetch-mode",
        b"sec-fetch-site",
        b"sec-gpc",
        b"sec-purpose",
        b"user-agent",
        b"x-forwarded-for",
        b"x-moz",
        b"x-write-key",
    }
)
"""Headers that a handler may need; the others are not even decoded."""


class Ingest:
    """The ingest entries over their handlers and the way to the broker. Both transports answer through it."""

    def __init__(self, handlers: Handlers, *, publishing: Publishing, metrics: Metrics, now_ms: Callable[[], int]) -> None:
        self._handlers = handlers
        self._hits = Hits(handlers, metrics)
        self._publishing = publishing
        self._metrics = metrics
        self._now_ms = now_ms
        self.budget = publishing.budget
        self.body_limit = handlers.config.body_limit
        self.quick = Quick(handlers, publishing=publishing, metrics=metrics, now_ms=now_ms, refused=self.refused)

    def reload(self, config: CollectorConfig) -> None:
        """Handle the next request by another configuration."""
        self._handlers.use(config)
        self.budget.limit, self.body_limit = config.in_flight_limit, config.body_limit

    def answer(self, request: Request, hold: Hold, answered: Answered) -> None:
        """Call `answered` once, when what the request writes is durable or cannot be made so; maybe before this returns."""
        try:
            mail = request.route.form == "mail"
            outcome = self._hits.outcome(request) if mail else self._handlers.handle(request)
            self._publishing.submit(outcome, hold, partial(self._settle, request.route, outcome, answered), patient=not mail)
        except Exception as error:  # noqa: BLE001 - a bug is logged and answered
            answered(self.failed(request.route, error))

    def _settle(self, route: Route, outcome: Outcome, answered: Answered, error: BaseException | None) -> None:
        if error is None:
            answered(self.counted(route, outcome.answer))  # durable before acknowledged
        else:
            answered(self.refused(route, error, outcome.otherwise))

    def refused(self, route: Route, error: BaseException, otherwise: Answer | None = None) -> Answer:
        """Return the answer to a request whose events are not durable: `otherwise`, or a 503."""
        if not isinstance(error, Retryable):
            return self.failed(route, error)
        self._metrics.not_durable.add((route.name,))
        if route.form == "pixel":
            otherwise = answers.PIXEL
        return self.counted(route, otherwise or self._handlers.unavailable())

    def counted(self, route: Route, answer: Answer) -> Answer:
        """Count an answer and return it."""
        self._metrics.requests.add((route.name, str(answer.status)))
        return answer

    def failed(self, route: Route, error: BaseException) -> Answer:
        """Return the answer to a bug: with CORS it is no network error, after which a browser resends at once."""
        log.error("request_failed", entry=route.name, exc_info=error)
        return self.counted(route, answers.FAILED)

    def now_ms(self) -> int:
        """Return the time of arrival for a request that is complete now."""
        return self._now_ms()

    def over_the_limit(self, declared: str) -> bool:
        """True when a Content-Length promises more than a body may have."""
        return declared.isdecimal() and int(declared[:20]) > self.body_limit

    def taken(self, hold: Hold, size: int) -> Answer | None:
        """Hold `size` more bytes of a body, or return the answer that refuses it."""
        if hold.size + size > self.body_limit:
            return self.too_large()
        return None if hold.take(size) else self._handlers.unavailable("overloaded")

    def too_large(self) -> Answer:
        """Return the refusal of a body over the limit."""
        return answers.refused(too_large(self.body_limit))
