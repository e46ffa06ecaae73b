"""The console's process."""

import asyncio

import httpx2
import uvicorn

from console.app import create_app
from console.clickhouse import ClickHouseStore
from console.health import HttpParts
from footprint import logs
from footprint.local.ports import require_free
from footprint.parts.connections import resolve_store
from footprint.parts.reaching import addresses
from footprint.settings import Settings
from schemas.transport import tls_context


def run(settings: Settings) -> None:
    """Serve the console until SIGTERM or SIGINT."""
    logs.configure(part="console", level=settings.log_level, form=settings.log_format)
    addresses(settings)  # what cannot be read stops the start, not the first look
    require_free(settings.console_port, what="the console", setting="FOOTPRINT_CONSOLE_PORT", host=settings.console_host)
    asyncio.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    store = resolve_store(settings, user="analyst")
    async with httpx2.AsyncClient(verify=tls_context(store.tls) if store.tls else True) as client:
        app = create_app(HttpParts(lambda: addresses(settings), client), ClickHouseStore(store))
        config = uvicorn.Config(
            app, host=settings.console_host, port=settings.console_port, log_config=None, access_log=False, server_header=False
        )
        await uvicorn.Server(config).serve()
