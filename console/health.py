"""Asks the parts for `/ready` over HTTP."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

import httpx2

from console.ports import PartHealth


class HttpParts:
    """The parts where `addresses` finds them: name -> URL of `/ready`, or `tcp://host:port` of what speaks no HTTP.

    The addresses are asked anew each time, because parts come and go.
    """

    def __init__(self, addresses: Callable[[], Mapping[str, str]], client: httpx2.AsyncClient) -> None:
        self._addresses = addresses
        self._client = client

    async def health(self) -> Sequence[PartHealth]:
        """Return how every part is, asked at the same time."""
        return await asyncio.gather(*(self._ask(name, url) for name, url in self._addresses().items()))

    async def _ask(self, name: str, url: str) -> PartHealth:
        if url.startswith("tcp://"):
            return await _connect(name, url)
        try:
            answer = await self._client.get(url, timeout=2.0)
        except httpx2.HTTPError:
            return PartHealth(name=name, ready=False, lag=None, note="does not answer")
        try:
            body = answer.json()
        except ValueError:
            body = {}
        if not isinstance(body, dict):
            body = {}
        lag = body.get("lag")
        return PartHealth(
            name=name, ready=answer.status_code == 200, lag=lag if isinstance(lag, int) else None, note=_note(body.get("checks"))
        )


async def _connect(name: str, url: str) -> PartHealth:
    host, _, port = url.removeprefix("tcp://").rpartition(":")
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(host, int(port)), 2.0)
    except (OSError, TimeoutError):
        return PartHealth(name=name, ready=False, lag=None, note="does not answer")
    writer.close()
    return PartHealth(name=name, ready=True, lag=None, note="")


def _note(checks: object) -> str:
    if not isinstance(checks, dict):
        return ""
    return "; ".join(f"{name}: {state}" for name, state in checks.items() if state not in ("ok", True))
