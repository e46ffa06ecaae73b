"""The console's pages: one for now, the health of every part and the newest events."""

import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates

from console.metrics import ConsoleMetrics
from console.ports import Parts, SeenEvent, Store
from schemas.errors import Retryable

FOLDER = Path(__file__).parent
NEWEST = 50
UNCOUNTED = frozenset({"/live", "/ready", "/metrics"})
"""What machines ask."""
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def create_app(parts: Parts, store: Store) -> Starlette:
    """Build the console over its two ports."""
    metrics = ConsoleMetrics()
    templates = Jinja2Templates(FOLDER / "templates")

    async def overview(request: Request) -> Response:
        health = await parts.health()
        events: list[SeenEvent] = []
        trouble = ""
        try:
            events = list(await store.newest_events(NEWEST))
        except Retryable as error:
            trouble = str(error)
        return templates.TemplateResponse(request, "overview.html", {"parts": health, "events": events, "trouble": trouble})

    async def live(_: Request) -> Response:
        return JSONResponse({"live": True})

    async def ready(_: Request) -> Response:
        return JSONResponse({"ready": True, "lag": None, "idle_s": None, "checks": {}})

    async def show_metrics(_: Request) -> Response:
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return Starlette(
        routes=[
            Route("/", overview),
            Route("/live", live),
            Route("/ready", ready),
            Route("/metrics", show_metrics),
            Mount("/static", StaticFiles(directory=FOLDER / "static")),
        ],
        middleware=[Middleware(BaseHTTPMiddleware, dispatch=_answering(metrics))],
    )


def _answering(metrics: ConsoleMetrics) -> Callable[[Request, RequestResponseEndpoint], Awaitable[Response]]:
    """Return what counts each request of a person and puts the headers on every answer."""

    async def answer(request: Request, call_next: RequestResponseEndpoint) -> Response:
        began = time.monotonic()
        response = await call_next(request)
        if request.url.path not in UNCOUNTED:
            metrics.answered(response.status_code, time.monotonic() - began)
        response.headers.update(HEADERS)
        return response

    return answer
