"""ClickHouse's HTTP interface, as far as its clients use it: `/` runs queries, `/ping` answers."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qsl

import anyio.to_thread
from anyio import CapacityLimiter
from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from footprint.local.clickhouse.analyst import Refused
from footprint.local.clickhouse.authentication import ANALYST, PIPELINE, Users, credentials_of
from footprint.local.clickhouse.compression import chosen, compressed, decompressed
from footprint.local.clickhouse.engine import Engine, EngineError
from footprint.local.clickhouse.errors import (
    AUTHENTICATION_FAILED,
    BAD_ARGUMENTS,
    READONLY,
    SESSION_IS_LOCKED,
    Failure,
    failure,
    failure_of,
)
from footprint.local.clickhouse.execution import Answer, Execution, Request
from footprint.local.clickhouse.sessions import SessionBusy

AT_ONCE = {PIPELINE: 12, ANALYST: 4}
"""Requests of a user that run at the same time; further ones wait."""

LARGEST_FIELD = 64 * 1024 * 1024


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
        parameters = dict(parse_qsl(http.url.query, keep_blank_values=True))
        if http.method in ("GET", "HEAD") and "query" not in parameters:
            return PlainTextResponse("Ok.\n")
        given = credentials_of(http.headers, parameters)
        if not self._users.accepts(given):
            await asyncio.sleep(self._users.delay(given))
            return _refusal(
                failure(AUTHENTICATION_FAILED, "AUTHENTICATION_FAILED", f"{given.user}: Authentication failed: check the password.")
            )
        try:
            body = await _body(http, parameters)
        except ValueError as error:
            return _refusal(failure(BAD_ARGUMENTS, "BAD_ARGUMENTS", str(error)))
        request = Request(given.user, parameters, body, changing=http.method == "POST")
        return await self._answered(request, http.headers.get("accept-encoding", ""))

    async def _answered(self, request: Request, accepted: str) -> Response:
        limiter = self._limiters[request.user]
        outcome = await anyio.to_thread.run_sync(self._run, request, limiter=limiter)
        if isinstance(outcome, Failure):
            return _refusal(outcome)
        encoding = chosen(accepted) if request.parameters.get("enable_http_compression") == "1" else ""
        headers = outcome.headers | ({"Content-Encoding": encoding} if encoding else {})
        chunks = _in_threads(compressed(outcome.chunks, encoding), limiter)
        return StreamingResponse(chunks, headers=headers, media_type="text/plain")

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


async def _body(http: HttpRequest, parameters: dict[str, str]) -> bytes:
    """Return the request's body; the fields of a form become parameters."""
    if http.headers.get("content-type", "").startswith("multipart/form-data"):
        async with http.form(max_part_size=LARGEST_FIELD) as form:
            parameters.update({name: value for name, value in form.items() if isinstance(value, str)})
        return b""
    raw = await http.body()
    return await anyio.to_thread.run_sync(decompressed, raw, http.headers.get("content-encoding", ""))


async def _in_threads(chunks: Iterator[bytes], limiter: CapacityLimiter) -> AsyncIterator[bytes]:
    try:
        while (chunk := await anyio.to_thread.run_sync(next, chunks, None, limiter=limiter)) is not None:
            yield chunk
    finally:
        getattr(chunks, "close", lambda: None)()  # a client that left gives its connection back


def _refusal(told: Failure) -> Response:
    return PlainTextResponse(told.message + "\n", told.status, {"X-ClickHouse-Exception-Code": str(told.code)})


def build(engine: Engine, users: Users) -> Starlette:
    """Return the application; it closes the engine when it stops."""
    interface = HttpInterface(engine, users)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        engine.close()

    routes = [
        Route("/ping", interface.ping, methods=["GET", "HEAD"]),
        Route("/", interface.root, methods=["GET", "POST", "HEAD"]),
    ]
    return Starlette(routes=routes, lifespan=lifespan)
