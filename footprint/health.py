"""A part's own small server, on loopback unless told otherwise: `/live`, `/ready` and `/metrics`, inside the part's event loop."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, ProcessCollector, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from footprint.local.ports import LOOPBACK

Status = Callable[[], Awaitable[Mapping[str, Any]]]
"""Returns `{"ready": bool, "lag": int | None, "idle_s": float | None, "checks": {name: "ok" or what is wrong}}`."""


def create_app(status: Status, registry: CollectorRegistry, *, part: str) -> Starlette:
    """Return the application: `/ready` answers 200 or 503 with the status as JSON, `/metrics` shows it too."""
    readiness = Gauge(f"footprint_{part}_ready", "1 while `/ready` answers 200.", registry=registry)
    ProcessCollector(registry=registry)

    async def live(_: Request) -> Response:
        return JSONResponse({"live": True})

    async def ready(_: Request) -> Response:
        now = await status()
        return JSONResponse(dict(now), 200 if now["ready"] else 503, {"Cache-Control": "no-store"})

    async def metrics(_: Request) -> Response:
        readiness.set((await status())["ready"])  # and whatever gauges it sets
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return Starlette(routes=[Route("/live", live), Route("/ready", ready), Route("/metrics", metrics)])


async def serve(port: int, status: Status, registry: CollectorRegistry, *, part: str, host: str = LOOPBACK) -> None:
    """Serve until cancelled; port 0 serves nothing."""
    if not port:
        return
    config = uvicorn.Config(
        create_app(status, registry, part=part), host=host, port=port, log_level="warning", access_log=False, lifespan="off", ws="none"
    )
    # The part's own signal handlers stay: uvicorn's `serve` would take them over.
    server = uvicorn.Server(config)
    try:
        await server._serve()  # noqa: SLF001 - `serve` minus the signals
    finally:
        for listener in getattr(server, "servers", ()):  # uvicorn leaves them open when it is cancelled
            listener.close()
