"""The provider that signs people in to the console, from settings."""

import time

import httpx2

from console.core.openid import Client, read_roles
from console.openid import Provider, require_safe
from console.openid_sign_in import PATH
from footprint.settings import Settings
from schemas.errors import Misconfigured, Retryable


def provider_of(settings: Settings, http: httpx2.AsyncClient) -> Provider | None:
    """Return the provider, None where none is set. Raises Misconfigured when the settings are half said."""
    if not settings.console_oidc_issuer:
        return None
    for name in ("client_id", "roles"):
        if not getattr(settings, f"console_oidc_{name}"):
            raise Misconfigured(
                f"FOOTPRINT_CONSOLE_OIDC_ISSUER is set, and FOOTPRINT_CONSOLE_OIDC_{name.upper()} is not. Set both, or neither."
            )
    here = settings.console_url.rstrip("/") or f"http://{settings.console_host}:{settings.console_port}"
    for variable, address in (("ISSUER", settings.console_oidc_issuer), ("URL", here)):
        try:
            require_safe(address)
        except Retryable:
            setting = "FOOTPRINT_CONSOLE_OIDC_ISSUER" if variable == "ISSUER" else "FOOTPRINT_CONSOLE_URL"
            raise Misconfigured(f"{address!r} is no address with TLS. Write {setting} as https://host.") from None
    client = Client(
        issuer=settings.console_oidc_issuer,
        client_id=settings.console_oidc_client_id,
        redirect=f"{here}{PATH}/back",
        claim=settings.console_oidc_claim,
        roles=read_roles(settings.console_oidc_roles),
    )
    return Provider(client, settings.console_oidc_client_secret, http=http, clock=time.time)
