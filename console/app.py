"""The console: pages for people over the store, each for those who may see its site."""

import time
from collections.abc import Awaitable, Callable

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from console import openid_sign_in, sign_in
from console.bodies import SmallBodies
from console.desk import FOLDER, Desk, Outside, desk_over
from console.metrics import ConsoleMetrics
from console.pages import PAGES
from console.seats import missing, signed_in

STATIC = "/static"
UNCOUNTED = frozenset({"/live", "/ready", "/metrics"})
"""What machines ask."""
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}
A_DAY = "private, max-age=86400"


def create_app(outside: Outside) -> Starlette:
    """Build the console; `state.desk` of it is its desk."""
    desk, metrics = desk_over(outside), ConsoleMetrics(outside.journal)
    app = Starlette(
        routes=[
            *_for_machines(metrics, outside),
            Route("/", _first(desk)),
            *sign_in.routes(desk),
            *openid_sign_in.routes(desk),
            *(over(desk) for over in PAGES),
            Mount(STATIC, StaticFiles(directory=FOLDER / "static")),
        ],
        middleware=[Middleware(BaseHTTPMiddleware, dispatch=_answering(metrics)), Middleware(SmallBodies)],
        exception_handlers={404: lambda request, _: missing(desk, request), Exception: lambda request, _: _broken(desk, request)},
    )
    app.state.desk = desk
    return app


def _broken(desk: Desk, request: Request) -> Response:
    """Return the page of a bug. It is answered outside of everything else, so it brings its headers; the server logs the bug."""
    return desk.templates.TemplateResponse(request, "broken.html", status_code=500, headers=HEADERS)


def _for_machines(metrics: ConsoleMetrics, outside: Outside) -> list[Route]:
    async def live(_: Request) -> Response:
        return JSONResponse({"live": True})

    async def ready(_: Request) -> Response:
        return JSONResponse({"ready": True, "lag": None, "idle_s": None, "checks": {"audit": outside.journal.trouble() or "ok"}})

    async def show_metrics(_: Request) -> Response:
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return [Route("/live", live), Route("/ready", ready), Route("/metrics", show_metrics)]


def _first(desk: Desk) -> Callable[[Request], Awaitable[Response]]:
    """Return the way to the first site of whoever comes."""

    async def first(request: Request) -> Response:
        seat = signed_in(desk, request)
        if seat is None:
            return RedirectResponse("/sign-in", status_code=303)
        sites = seat[1].sites_of(desk.outside.sites())
        if not sites:
            return desk.templates.TemplateResponse(request, "no_site.html", {"session": seat[0]})
        return RedirectResponse(f"/s/{sites[0]}/overview", status_code=303)

    return first


def _answering(metrics: ConsoleMetrics) -> Callable[[Request, RequestResponseEndpoint], Awaitable[Response]]:
    """Return what counts each request of a person and puts the headers on every answer."""

    async def answer(request: Request, call_next: RequestResponseEndpoint) -> Response:
        began = time.monotonic()
        response = await call_next(request)
        if request.url.path not in UNCOUNTED:
            metrics.answered(response.status_code, time.monotonic() - began)
        response.headers.update(HEADERS)
        if request.url.path.startswith(STATIC):
            response.headers["Cache-Control"] = A_DAY
        return response

    return answer
