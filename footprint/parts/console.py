"""The console's process."""

import asyncio
import signal
import time
from collections.abc import Sequence

import httpx2
import uvicorn
from starlette.applications import Starlette

from collector.core.suppression import entry_of
from console.app import create_app
from console.clickhouse import ClickHouseStore
from console.desk import Desk, Outside
from console.health import HttpParts
from console.users_file import UsersFile
from footprint import keys, logs, users
from footprint.local.ports import require_free
from footprint.local.secrets import secret
from footprint.parts.calling import CallsByHand
from footprint.parts.connections import resolve_store, secret_keys, secrets_folder
from footprint.parts.console_sign_in import provider_of
from footprint.parts.console_steps import Beside
from footprint.parts.reaching import addresses
from footprint.plans import Shelf
from footprint.settings import Settings
from footprint.suppressing import KEY_NAME
from schemas.transport import tls_context


def run(settings: Settings) -> None:
    """Serve the console until SIGTERM or SIGINT."""
    logs.configure(part="console", level=settings.log_level, form=settings.log_format)
    addresses(settings)  # what cannot be read stops the start, not the first look
    users.kept(users.users_file(settings))
    require_free(settings.console_port, what="the console", setting="FOOTPRINT_CONSOLE_PORT", host=settings.console_host)
    asyncio.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):  # uvicorn hands the signal on when it is done; without this it would end the process
        asyncio.get_running_loop().add_signal_handler(number, lambda: None)
    store, beside = resolve_store(settings, user="analyst"), Beside(settings)
    async with httpx2.AsyncClient(verify=tls_context(store.tls) if store.tls else True) as client, httpx2.AsyncClient() as people:
        outside = Outside(
            store=ClickHouseStore(store),
            parts=HttpParts(lambda: addresses(settings), client),
            users=UsersFile(users.users_file(settings)),
            sites=lambda: _sites(settings),
            keys=secret_keys(settings),
            clock=time.time,
            webhooks=CallsByHand(settings, beside.writer, lambda: time.time_ns() // 1_000_000),
            writer=beside.writer,
            journal=beside.journal,
            ended=users.ended_sessions(settings),
            fingerprint=lambda site, customer: entry_of(secret(secrets_folder(settings.data_dir), KEY_NAME), site, customer),
            plans=Shelf(settings),
            provider=provider_of(settings, people),
            openid_title=settings.console_oidc_title if settings.console_oidc_issuer else "",
        )
        app = create_app(outside)
        await _with(beside, uvicorn.Server(_config(settings, app)), app.state.desk)


async def _with(beside: Beside, server: uvicorn.Server, desk: Desk) -> None:
    """Serve until the server is stopped; what runs beside it ends with it, and takes it down when it fails."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(beside.run(desk.steps, desk.outside.store, stop))
        await server.serve()
        stop.set()


def _config(settings: Settings, app: Starlette) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=settings.console_host,
        port=settings.console_port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies or None,
    )


def _sites(settings: Settings) -> Sequence[str]:
    """Return every website that has a key, in the settings or made at run time."""
    made = {key.site for key in keys.kept(keys.keys_file(settings)) if key.kind == "write"}
    return sorted({*settings.sites, *settings.site_keys().values(), *made})
