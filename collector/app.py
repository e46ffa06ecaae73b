"""The collector as one ASGI application: the front for ingest, Starlette behind it for everything else."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from secrets import randbelow

import structlog
import uuid_utils
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from collector.config import CollectorConfig
from collector.core import answers
from collector.core.docs_page import docs_page
from collector.core.openapi import document
from collector.front import Front
from collector.handlers import Handlers
from collector.hooks import Hooks
from collector.ingest import Ingest
from collector.live import LiveFiles
from collector.mail import Mail
from collector.me import MePage
from collector.metrics import Metrics
from collector.opt_outs import OptOutFeed, OptOutPage
from collector.peers import OWN, Peers
from collector.ports import Publisher, Tables
from collector.profile_feed import ProfileFeed
from collector.profiles import ProfilePage
from collector.publishing import Publishing
from collector.readiness import Readiness
from collector.snippet import serve_snippet
from collector.used_tokens import UsedTokens
from collector.visitor import answer_visitor

log = structlog.get_logger()

VERSION = "1"
"""Of the paths: a change that a client could notice makes it another."""

NO_TABLES = Tables()
Endpoint = Callable[[Request], Awaitable[Response]]


def wall_clock_ms() -> int:
    """Return the time of this machine, Unix milliseconds."""
    return time.time_ns() // 1_000_000


def create_app(
    config: CollectorConfig,
    publisher: Publisher,
    *,
    now_ms: Callable[[], int] = wall_clock_ms,
    peers: Peers | None = None,
    tables: Tables = NO_TABLES,
) -> Front:
    """Build the collector over a publisher, which it starts and closes with its own lifespan.

    `peers` share its port; `tables` are topics that it follows.
    """
    metrics = Metrics()
    metrics.watch_spool(lambda: publisher.spooled, now_ms)
    if config.spool is not None:
        metrics.watch_disk(config.spool, config.spool_limit)
    publishing = Publishing(publisher, metrics, limit=config.in_flight_limit, tracer=config.tracer)
    live = LiveFiles(config.live)
    handlers = Handlers(config, new_id=_new_id, retry_after=_retry_after, live=live, now_ms=now_ms)
    readiness = Readiness(publisher)
    feed = OptOutFeed(tables.preferences)
    known = ProfileFeed(tables.profiles, config.profiles, eager=config.tells_visitors)
    pages = _Pages(handlers, metrics, readiness=readiness, publishing=publishing, peers=peers)
    behind = Starlette(
        routes=[
            *pages.routes(),
            *Mail(handlers, publishing=publishing, metrics=metrics, feed=feed).routes(),
            *OptOutPage(handlers, feed).routes(),
            *ProfilePage(handlers, known, now_ms=now_ms).routes(),
            *MePage(handlers, known, new_id=_new_id, now_ms=now_ms).routes(),
            *Hooks(handlers, publishing=publishing, now_ms=now_ms).routes(),
        ],
        lifespan=partial(_lifespan, publisher, (live, feed, known, readiness)),
        exception_handlers={HTTPException: _on_http_error, Exception: _on_bug},
    )
    behind.router.redirect_slashes = False
    return Front(behind, Ingest(handlers, publishing=publishing, metrics=metrics, now_ms=now_ms))


@asynccontextmanager
async def _lifespan(
    publisher: Publisher, background: Sequence[LiveFiles | OptOutFeed | ProfileFeed | Readiness], _: Starlette
) -> AsyncIterator[None]:
    await publisher.start()
    try:
        for task in background:
            await task.start()
        yield
    finally:
        # uvicorn has answered every request by now, so nothing waits: the producer only has to disconnect
        for task in reversed(background):
            await task.stop()
        await publisher.close()


class _Pages:
    def __init__(self, handlers: Handlers, metrics: Metrics, *, readiness: Readiness, publishing: Publishing, peers: Peers | None) -> None:
        self._peers = peers
        self._handlers = handlers
        self._config = handlers.config
        self._used = UsedTokens(handlers.config.used_tokens)
        self._metrics = metrics
        self._readiness = readiness
        self._publishing = publishing
        metrics.ready.set_function(lambda: float(readiness.ready))
        metrics.kafka_up.set_function(lambda: float(readiness.kafka.startswith("ok")))

    def routes(self) -> list[Route]:
        pages: dict[str, Endpoint] = {
            "/live": self.live,
            "/ready": self.ready,
            "/metrics": self.metrics,
            "/fp.js": self.snippet,
            "/fp.{build}.js": self.snippet,
            "/v1/projects/{key}/settings": self.sdk_settings,
            "/openapi.json": self.openapi,
            "/docs": self.docs,
        }
        posts: dict[str, Endpoint] = {"/v1/visitor": self.visitor}
        return [
            *(Route(path + slash, endpoint) for path, endpoint in pages.items() for slash in ("", "/")),
            *(Route(path + slash, endpoint, methods=["POST"]) for path, endpoint in posts.items() for slash in ("", "/")),
        ]

    async def live(self, _: Request) -> Response:
        return JSONResponse({"live": True})

    async def ready(self, request: Request) -> Response:
        ready, lag, idle_s = self._readiness.ready, self._publishing.lag, self._publishing.idle_s()
        status = {"ready": ready, "lag": lag, "idle_s": idle_s, "checks": {"kafka": self._readiness.kafka}}
        if self._peers and OWN not in request.query_params:
            status = await self._peers.ready(status)
        return JSONResponse(status, 200 if status["ready"] else 503, {"Cache-Control": "no-store"})

    async def metrics(self, request: Request) -> Response:
        text = generate_latest(self._metrics.registry)
        if self._peers and OWN not in request.query_params:
            text = await self._peers.metrics(text.decode())
        return PlainTextResponse(text, media_type=CONTENT_TYPE_LATEST)

    async def snippet(self, request: Request) -> Response:
        return serve_snippet(request, self._config.snippet)

    async def openapi(self, _: Request) -> Response:
        return JSONResponse(document(VERSION))

    async def docs(self, _: Request) -> Response:
        return HTMLResponse(docs_page(document(VERSION)))

    async def visitor(self, request: Request) -> Response:
        return await answer_visitor(request, self._handlers.site_of, now_ms=wall_clock_ms(), new_id=_new_id, used=self._used)

    async def sdk_settings(self, request: Request) -> Response:
        """Answer what analytics.js asks for before it sends: which destination, and where."""
        key = request.path_params["key"]
        if self._handlers.site_of(key) is None:
            return _respond(answers.refused(answers.Refusal(401, "unknown_key", "This write key belongs to no site. Check it.")))
        destination = {"apiKey": key, "apiHost": f"{request.url.netloc}/v1", "protocol": request.url.scheme}
        return JSONResponse({"integrations": {"Segment.io": destination}})


async def _on_http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return _respond(answers.NOT_FOUND)
    refusal = answers.Refusal(
        error.status_code, error.detail.lower().replace(" ", "_"), f"{error.detail}. docs/reference/http.md lists every path."
    )
    return _respond(answers.refused(refusal), error.headers)


async def _on_bug(_: Request, error: Exception) -> Response:
    log.error("request_failed", exc_info=error)
    return _respond(answers.FAILED)


def _respond(answer: answers.Answer, headers: object = None) -> Response:
    return Response(answer.body, answer.status, dict(headers) if isinstance(headers, dict) else None, "application/json")


def _new_id() -> str:
    return str(uuid_utils.uuid7())


def _retry_after() -> int:
    return 1 + randbelow(5)  # spread, so that all clients of an outage do not come back in one second
