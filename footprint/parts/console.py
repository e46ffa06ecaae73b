"""The console's process."""

import asyncio
import signal
import time
from collections.abc import Sequence

import httpx2
import uvicorn

from console.app import create_app
from console.clickhouse import ClickHouseStore
from console.desk import Outside
from console.health import HttpParts
from console.users_file import UsersFile
from footprint import keys, logs, users
from footprint.local.ports import require_free
from footprint.parts.connections import resolve_store, secret_keys
from footprint.parts.console_sign_in import provider_of
from footprint.parts.reaching import addresses
from footprint.plans import Shelf
from footprint.settings import Settings
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
    store = resolve_store(settings, user="analyst")
    async with httpx2.AsyncClient(verify=tls_context(store.tls) if store.tls else True) as client, httpx2.AsyncClient() as people:
        outside = Outside(
            store=ClickHouseStore(store),
            parts=HttpParts(lambda: addresses(settings), client),
            users=UsersFile(users.users_file(settings)),
            sites=lambda: _sites(settings),
            keys=secret_keys(settings),
            clock=time.time,
            plans=Shelf(settings),
            provider=provider_of(settings, people),
            openid_title=settings.console_oidc_title if settings.console_oidc_issuer else "",
        )
        await uvicorn.Server(_config(settings, outside)).serve()


def _config(settings: Settings, outside: Outside) -> uvicorn.Config:
    return uvicorn.Config(
        create_app(outside),
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
