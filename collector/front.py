"""The front: ingest paths are answered here, without routing or request objects; everything else goes to the application behind."""

from collections.abc import Callable, Iterable

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from collector.budget import Hold
from collector.core import answers
from collector.core.answers import Answer
from collector.core.bodies import too_large
from collector.core.cors import cors
from collector.core.routes import ROUTES, Route
from collector.handlers import Handlers, Request
from collector.metrics import Metrics
from collector.publishing import Publishing
from schemas.errors import Retryable

log = structlog.get_logger()

WANTED = frozenset(
    {
        b"authorization",
        b"content-encoding",
        b"content-length",
        b"origin",
        b"sec-fetch-dest",
        b"sec-fetch-mode",
        b"sec-fetch-site",
        b"user-agent",
        b"x-forwarded-for",
        b"x-write-key",
    }
)
"""Headers that a handler may need; the others are not even decoded."""

OPERATIONS = frozenset({"/live", "/ready", "/metrics", "/live/", "/ready/", "/metrics/"})
"""Paths for the operator: no page of another origin reads them."""


class Front:
    """The ASGI application of the collector: ingest in front, `behind` for the rest."""

    def __init__(self, behind: ASGIApp, handlers: Handlers, *, publishing: Publishing, metrics: Metrics, now_ms: Callable[[], int]) -> None:
        self._behind = behind
        self._handlers = handlers
        self._publishing = publishing
        self._metrics = metrics
        self._now_ms = now_ms

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on."""
        route = ROUTES.get(scope["path"]) if scope["type"] == "http" else None
        if route is not None:
            await self._ingest(scope, receive, send, route=route)
        elif scope["type"] == "http":
            await self._pass_on(scope, receive, send)
        else:
            await self._behind(scope, receive, send)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin = None if scope["path"] in OPERATIONS else _origin(scope)
        if scope["method"] == "OPTIONS" and origin is not None:
            await _respond(send, answers.PREFLIGHT, cors(origin, preflight=True))
            return

        async def send_with_cors(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *cors(origin)]
            await send(message)

        await self._behind(scope, receive, send_with_cors)

    async def _ingest(self, scope: Scope, receive: Receive, send: Send, *, route: Route) -> None:
        method, origin = scope["method"], _origin(scope)
        if method == "OPTIONS":
            await _respond(send, answers.PREFLIGHT, cors(origin, preflight=True))
            return
        try:
            if method not in route.methods:
                answer: Answer | None = answers.method_not_allowed(route.methods)
            elif method == "HEAD":  # a mail scanner looks before it opens: nothing happened yet
                answer = answers.PIXEL
            else:
                answer = await self._take(scope, receive, route)
        except Exception:  # a bug must still answer with CORS, else a browser takes it for a network error and resends at once
            log.exception("request_failed", entry=route.name)
            answer = answers.FAILED
        if answer is not None:
            self._metrics.requests.labels(route.name, answer.status).inc()
            await _respond(send, answer, cors(origin))

    async def _take(self, scope: Scope, receive: Receive, route: Route) -> Answer | None:
        headers = _headers(scope["headers"])
        with self._publishing.budget.hold() as hold:
            body = await self._read(receive, hold, declared=headers.get("content-length", ""))
            if not isinstance(body, bytes):
                return body
            peer = scope["client"][0] if scope.get("client") else ""
            query = scope["query_string"].decode("latin-1")
            return await self._answer(Request(route, query, headers, body, peer, self._now_ms()), hold)

    async def _read(self, receive: Receive, hold: Hold, *, declared: str) -> bytes | Answer | None:
        """Read a body into memory: an answer when it may not be, None when the client left. uvicorn throws the unread rest away."""
        limit = self._handlers.config.body_limit
        if declared.isdecimal() and int(declared[:20]) > limit:
            return answers.refused(too_large(limit))
        chunks: list[bytes] = []
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            chunk = message.get("body", b"")
            if hold.size + len(chunk) > limit:
                return answers.refused(too_large(limit))
            if not hold.take(len(chunk)):
                return self._handlers.unavailable("overloaded")
            chunks.append(chunk)
            if not message.get("more_body"):
                return b"".join(chunks)

    async def _answer(self, request: Request, hold: Hold) -> Answer:
        outcome = self._handlers.handle(request)
        try:
            await self._publishing.publish(outcome, hold)  # durable ...
        except Retryable:
            self._metrics.not_durable.labels(request.route.name).inc()
            return outcome.otherwise
        return outcome.answer  # ... before acknowledged


def _headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in raw:
        if name in WANTED:
            key = name.decode()
            text = value.decode("latin-1")
            headers[key] = f"{headers[key]},{text}" if key in headers else text
    return headers


def _origin(scope: Scope) -> bytes | None:
    return next((value for name, value in scope["headers"] if name == b"origin"), None)


async def _respond(send: Send, answer: Answer, extra: list[tuple[bytes, bytes]]) -> None:
    headers = [*answer.headers, (b"content-length", str(len(answer.body)).encode()), *extra]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
