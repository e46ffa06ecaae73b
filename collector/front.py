"""The front: ingest paths are answered here, without routing or request objects; everything else goes to the application behind."""

import asyncio
from collections.abc import Iterable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from collector.budget import Hold
from collector.config import CollectorConfig
from collector.core import answers
from collector.core.answers import Answer
from collector.core.bodies import too_large
from collector.core.cors import cors
from collector.core.mail_hits import address_of
from collector.core.routes import ROUTES, Route
from collector.handlers import Request
from collector.ingest import WANTED, Ingest

OPERATIONS = frozenset({"/live", "/ready", "/metrics", "/live/", "/ready/", "/metrics/"})
"""Paths for the operator: no page of another origin reads them."""

PROFILES = ("/v1/profiles/", "/v1/me")
"""Where profiles are read: by servers, and by pages of the site's own origins, which the endpoint knows."""

HOOKS = "/hooks/"
"""Where e-mail providers report, a thousand events at once."""

SMALL = 64 * 1024
"""Bytes of a body that is not for the ingest: Starlette would read any size into memory."""


class Front:
    """The ASGI application of the collector: ingest in front, `behind` for the rest."""

    def __init__(self, behind: ASGIApp, ingest: Ingest) -> None:
        self._behind = behind
        self.ingest = ingest

    def reload(self, config: CollectorConfig) -> None:
        """Handle the next request by another configuration; connections and requests under way go on."""
        self.ingest.reload(config)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on."""
        asked = _asked(scope) if scope["type"] == "http" else None
        if asked is not None:
            await self._ingest(scope, receive, send, asked=asked)
        elif scope["type"] == "http":
            await self._pass_on(scope, receive, send)
        else:
            await self._behind(scope, receive, send)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin = None if scope["path"] in OPERATIONS or scope["path"].startswith(PROFILES) else _origin(scope)
        if scope["method"] == "OPTIONS" and origin is not None:
            await _respond(send, answers.PREFLIGHT, cors(origin, preflight=True))
            return

        if scope["method"] == "POST" and scope["path"].startswith(HOOKS):
            await self._pass_on_held(scope, receive, send)
            return
        if scope["method"] == "POST":
            body = await _small_body(receive)
            if body is None:
                await _respond(send, answers.refused(too_large(SMALL)), cors(origin))
                return
            receive = _replayed(body)

        async def send_with_cors(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *cors(origin)]
            await send(message)

        await self._behind(scope, receive, send_with_cors)

    async def _pass_on_held(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a body as large as one of events, within what all requests may hold."""
        with self.ingest.budget.hold() as hold:
            body = await self._read(receive, hold, declared=_headers(scope["headers"]).get("content-length", ""))
            if isinstance(body, Answer):
                await _respond(send, body, [])
            elif body is not None:
                await self._behind(scope, _replayed(body), send)

    async def _ingest(self, scope: Scope, receive: Receive, send: Send, *, asked: tuple[Route, bytes]) -> None:
        method, origin, route = scope["method"], _origin(scope), asked[0]
        if method == "OPTIONS":
            await _respond(send, answers.PREFLIGHT, cors(origin, preflight=True))
            return
        if method not in route.methods:
            answer: Answer | None = self.ingest.counted(route, answers.method_not_allowed(route.methods))
        elif method == "HEAD" and route.form == "pixel":  # a mail scanner looks before it opens: nothing happened yet
            answer = self.ingest.counted(route, answers.PIXEL)
        else:
            answer = await self._take(scope, receive, asked)
        if answer is not None:
            await _respond(send, answer, cors(origin))

    async def _take(self, scope: Scope, receive: Receive, asked: tuple[Route, bytes]) -> Answer | None:
        route, query = asked
        headers = _headers(scope["headers"])
        with self.ingest.budget.hold() as hold:
            body = await self._read(receive, hold, declared=headers.get("content-length", ""))
            if body is None:
                return None
            if isinstance(body, Answer):
                return self.ingest.counted(route, body)
            peer = scope["client"][0] if scope.get("client") else ""
            request = Request(route, query.decode("latin-1"), headers, body, peer, self.ingest.now_ms(), scope["method"])
            return await self._answer(request, hold)

    async def _read(self, receive: Receive, hold: Hold, *, declared: str) -> bytes | Answer | None:
        """Read a body into memory: an answer when it may not be, None when the client left. uvicorn throws the unread rest away."""
        if self.ingest.over_the_limit(declared):
            return self.ingest.too_large()
        chunks: list[bytes] = []
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            chunk = message.get("body", b"")
            refused = self.ingest.taken(hold, len(chunk))
            if refused is not None:
                return refused
            chunks.append(chunk)
            if not message.get("more_body"):
                return b"".join(chunks)

    async def _answer(self, request: Request, hold: Hold) -> Answer:
        waiter: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

        def answered(answer: Answer) -> None:
            if not waiter.done():  # its client left
                waiter.set_result(answer)

        self.ingest.answer(request, hold, answered)
        return await waiter


def _asked(scope: Scope) -> tuple[Route, bytes] | None:
    """Return the entry that a path is, with the query or the token that the request brings; None when it is none."""
    path: str = scope["path"]
    route = ROUTES.get(path)
    if route is not None:
        return route, scope["query_string"]
    return address_of(path.encode("utf-8", "replace")) if path.startswith("/e/") else None


async def _small_body(receive: Receive) -> bytes | None:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > SMALL:
            return None
        if not message.get("more_body"):  # also when the client left: then nobody sees the answer
            return bytes(body)


def _replayed(body: bytes) -> Receive:
    messages: list[Message] = [{"type": "http.disconnect"}, {"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return messages.pop() if len(messages) > 1 else messages[0]

    return receive


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
