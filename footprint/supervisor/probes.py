"""Asks parts whether they are ready, and whether anything is still under way."""

from collections.abc import Iterable

import httpx2

from footprint.local import kafka
from footprint.supervisor.part import Probe

PATIENCE_S = 2.0


def http_probe(client: httpx2.AsyncClient, url: str) -> Probe:
    """Return a probe that is true when the URL answers 200."""

    async def is_ready() -> bool:
        try:
            return (await client.get(url, timeout=PATIENCE_S)).status_code == 200
        except httpx2.HTTPError:
            return False

    return is_ready


def kafka_probe(bootstrap: str) -> Probe:
    """Return a probe that is true when the broker answers."""

    async def is_ready() -> bool:
        return await kafka.is_ready(bootstrap)

    return is_ready


async def all_idle(client: httpx2.AsyncClient, urls: Iterable[str], *, idle_s: float) -> bool:
    """True when every part is ready, has nothing left to do, and got nothing new for `idle_s` seconds."""
    for url in urls:
        try:
            answer = await client.get(url, timeout=PATIENCE_S)
            status = answer.json()
        except (httpx2.HTTPError, ValueError):
            return False
        if answer.status_code != 200 or status.get("lag") != 0 or (status.get("idle_s") or 0.0) < idle_s:
            return False
    return True
