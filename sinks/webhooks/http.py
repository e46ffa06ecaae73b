"""The webhooks' only door to HTTP."""

import asyncio
import time
from collections.abc import Mapping

import httpx2

from schemas.connections import TlsFiles
from schemas.errors import Retryable
from schemas.transport import distrust, tls_context
from sinks.webhooks.core.retrying import Answer, read_retry_after

CALL_S = 10.0
"""Longest call, from its first byte to the head of the answer; the rest of an answer is not read."""


class HttpCaller:
    """The `Caller` of `sinks.webhooks.ports`."""

    def __init__(self, *, call_s: float = CALL_S, ca_file: str = "") -> None:
        self._call_s = call_s
        self._files = TlsFiles(ca=ca_file, named="FOOTPRINT_WEBHOOKS")
        verify = tls_context(self._files) if ca_file else True
        self._client = httpx2.AsyncClient(follow_redirects=False, timeout=call_s, verify=verify)

    async def stop(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def call(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """POST once; see `sinks.webhooks.ports.Caller`."""
        try:
            async with asyncio.timeout(self._call_s), self._client.stream("POST", url, content=body, headers=dict(headers)) as answer:
                asked = read_retry_after(answer.headers.get("retry-after"), now_ms=time.time_ns() // 1_000_000)
                return Answer(answer.status_code, asked)
        except TimeoutError:
            raise Retryable(f"no answer within {self._call_s:g} s") from None
        except (httpx2.HTTPError, OSError) as error:
            said = distrust(error, self._files, server="the receiver")  # its address may be a secret
            raise Retryable(str(said or type(error).__name__)) from None
