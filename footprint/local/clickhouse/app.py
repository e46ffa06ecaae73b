"""ClickHouse's HTTP interface, as far as its clients use it: `/` runs queries, `/ping` answers."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import anyio.to_thread
from anyio import CancelScope, CapacityLimiter
from starlette.applications import Starlette
from starlette.formparsers import MultiPartException
from starlette.requests import Request as HttpRequest
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from footprint.local.clickhouse import incoming
from footprint.local.clickhouse.analyst import Refused
from footprint.local.clickhouse.authentication import ANALYST, PIPELINE, Credentials, Users, credentials_of
from footprint.local.clickhouse.compression import TooLarge, chosen, compressed
from footprint.local.clickhouse.engine import Engine, EngineError
from footprint.local.clickhouse.errors import (
    AUTHENTICATION_FAILED,
    BAD_ARGUMENTS,
    READONLY,
    SESSION_IS_LOCKED,
    TOO_MANY_BYTES,
    Failure,
    failure,
    failure_of,
)
from footprint.local.clickhouse.execution import Answer, Execution, Request
from footprint.local.clickhouse.framing import block, framed, method_of
from footprint.local.clickhouse.leaving import Leaving
from footprint.local.clickhouse.sessions import SessionBusy

AT_ONCE = {PIPELINE: 12, ANALYST: 4}
"""Requests of a user that run at the same time; further ones wait."""

STAYS_RUNNING = "cancel_http_readonly_queries_on_client_close"
"""With 0 for this setting a query goes on without its client."""


class HttpInterface:
    """The handlers of one engine's HTTP interface."""

    def __init__(self, engine: Engine, users: Users) -> None:
        self._execution = Execution(engine)
        self._users = users
        self._limiters = {user: CapacityLimiter(number) for user, number in AT_ONCE.items()}

    async def ping(self, _: HttpRequest) -> Response:
        """Answer that the server is there."""
        return PlainTextResponse("Ok.\n")

    async def root(self, http: HttpRequest) -> Response:
        """Run the request's query as its user."""
        parameters = incoming.parameters_of(http)
        if http.method in ("GET", "HEAD") and "query" not in parameters:
            return PlainTextResponse("Ok.\n")
        given = credentials_of(http.headers, parameters)
        if not self._users.accepts(given):
            return await self._stranger(given)
        try:
            request = await incoming.read(http, given.user, parameters, uuid.uuid4().hex)
        except TooLarge as error:
            return _refusal(failure(TOO_MANY_BYTES, "TOO_MANY_BYTES", str(error)))
        except (ValueError, MultiPartException) as error:
            return _refusal(failure(BAD_ARGUMENTS, "BAD_ARGUMENTS", str(error)))
        return await self._answered(http, request)

    async def _stranger(self, given: Credentials) -> Response:
        await asyncio.sleep(self._users.delay(given))
        told = f"{given.user}: Authentication failed: check the password."
        return _refusal(failure(AUTHENTICATION_FAILED, "AUTHENTICATION_FAILED", told))

    async def _answered(self, http: HttpRequest, request: Request) -> Response:
        limiter = self._limiters[request.user]
        leaving = self._watch(http, request)
        outcome: Answer | Failure | None = None
        try:
            outcome = await anyio.to_thread.run_sync(self._run, request, limiter=limiter)
        finally:
            if leaving and not isinstance(outcome, Answer):
                leaving.close()
        method = method_of(request.parameters) if request.parameters.get("compress") == "1" else 0
        if isinstance(outcome, Failure):
            return _refusal(outcome, method)
        chunks = framed(outcome.chunks, method) if method else outcome.chunks
        accepted = http.headers.get("accept-encoding", "")
        encoding = "" if request.parameters.get("enable_http_compression") == "0" else chosen(accepted)
        headers = outcome.headers | ({"Content-Encoding": encoding} if encoding else {})
        return Sent(_in_threads(compressed(chunks, encoding), limiter), headers, leaving=leaving, close=outcome.close)

    def _watch(self, http: HttpRequest, request: Request) -> Leaving | None:
        if request.parameters.get(STAYS_RUNNING) == "0":
            return None
        return Leaving(http.receive, lambda: self._execution.cancel(request.name))

    def _run(self, request: Request) -> Answer | Failure:
        try:
            return self._execution.run(request)
        except Refused as error:
            return failure(READONLY, "READONLY", str(error))
        except SessionBusy as error:
            return failure(SESSION_IS_LOCKED, "SESSION_IS_LOCKED", f"Session {error} is locked by a concurrent client.")
        except UnicodeDecodeError:
            return failure(BAD_ARGUMENTS, "BAD_ARGUMENTS", "The statement is not UTF-8. Send it as UTF-8.")
        except EngineError as error:
            return failure_of(error)


class Sent(StreamingResponse):
    """An answer that gives back what it holds at its end, however far it came."""

    def __init__(
        self, chunks: AsyncIterator[bytes], headers: dict[str, str], *, leaving: Leaving | None, close: Callable[[], None]
    ) -> None:
        super().__init__(chunks, headers=headers, media_type="text/plain")
        self._leaving = leaving
        self._close = close

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            if self._leaving:
                self._leaving.close()
            with CancelScope(shield=True):
                await anyio.to_thread.run_sync(self._close)


async def _in_threads(chunks: Iterator[bytes], limiter: CapacityLimiter) -> AsyncIterator[bytes]:
    while (chunk := await anyio.to_thread.run_sync(next, chunks, None, limiter=limiter)) is not None:
        yield chunk


def _refusal(told: Failure, method: int = 0) -> Response:
    """Answer with a failure, in a compressed block where the client reads those."""
    text = (told.message + "\n").encode()
    headers = {"X-ClickHouse-Exception-Code": str(told.code)}
    return Response(block(text, method) if method else text, told.status, headers, media_type="text/plain")


def build(engine: Engine, users: Users) -> Starlette:
    """Return the application; it closes the engine when it stops."""
    interface = HttpInterface(engine, users)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        engine.close()

    routes = [
        Route("/ping", interface.ping, methods=["GET", "HEAD"]),
        Route("/replicas_status", interface.ping, methods=["GET", "HEAD"]),
        Route("/", interface.root, methods=["GET", "POST", "HEAD"]),
    ]
    return Starlette(routes=routes, lifespan=lifespan)
