"""The demo shop as a web application: pages from templates, with the snippet on each exactly as the documentation shows it."""

import time
from base64 import b64encode
from collections.abc import Awaitable, Callable
from hashlib import sha256
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from footprint.demo.shop.catalog import PLANS, TEAS, tea

HERE = Path(__file__).parent
STUB = "window.footprint=window.footprint||function(){(footprint.q=footprint.q||[]).push(arguments)}"
"""The inline part of the snippet: calls made before the file has arrived wait in `footprint.q`."""

PAGES = {
    "/": "index",
    "/pricing": "pricing",
    "/contact": "contact",
    "/contact/sent": "sent",
    "/checkout": "checkout",
    "/thanks": "thanks",
    "/login": "login",
    "/events": "events",
}

Page = Callable[[Request], Awaitable[Response]]


def create_app(*, collector: str, key: str, profile: bool = False) -> Starlette:
    """Return the shop whose pages report to `collector` with write key `key`. `profile`: they show first what a visitor likes."""
    pages = Environment(loader=FileSystemLoader(HERE / "pages"), autoescape=True, undefined=StrictUndefined)
    pages.globals.update(collector=collector.rstrip("/"), key=key, stub=STUB, teas=TEAS, plans=PLANS, profile=profile)
    headers = {"content-security-policy": content_security_policy(collector.rstrip("/")), "cache-control": "no-cache"}
    activity = _Activity()

    def render(name: str, status: int = 200, **values: object) -> Response:
        activity.last = time.monotonic()
        return HTMLResponse(pages.get_template(f"{name}.html").render(**values), status, headers)

    def page(name: str) -> Page:
        async def show(_request: Request) -> Response:
            return render(name)

        return show

    async def product(request: Request) -> Response:
        found = tea(request.path_params["slug"])
        return render("product", tea=found) if found else render("missing", 404)

    async def missing(_request: Request, _error: Exception) -> Response:
        return render("missing", 404)

    return Starlette(
        routes=[
            *(Route(path, page(name)) for path, name in PAGES.items()),
            Route("/products/{slug}", product),
            Route("/contact", _sent, methods=["POST"]),
            Route("/price-list.pdf", _price_list),
            Route("/live", activity.health),
            Route("/ready", activity.health),
            Mount("/static", StaticFiles(directory=HERE / "static")),
        ],
        exception_handlers={404: missing},
    )


def content_security_policy(collector: str) -> str:
    """Return the strictest policy under which the snippet works: one hashed inline stub, one script, one address to send to."""
    digest = b64encode(sha256(STUB.encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'self' 'sha256-{digest}' {collector}; connect-src {collector}; style-src 'self'; "
        "img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


class _Activity:
    """When a page was last asked for, in the shape of every part's health."""

    def __init__(self) -> None:
        self.last = time.monotonic()

    async def health(self, _request: Request) -> Response:
        idle = round(time.monotonic() - self.last, 3)
        return JSONResponse({"ready": True, "lag": 0, "idle_s": idle, "checks": {}})


async def _sent(_request: Request) -> Response:
    # The letter is not kept: the shop only exists to be walked through.
    return RedirectResponse("/contact/sent", 303)


async def _price_list(_request: Request) -> Response:
    return Response(b"%PDF-1.4\n%%EOF\n", media_type="application/pdf")
