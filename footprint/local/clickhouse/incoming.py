"""What an HTTP request of a client asks for: its parameters, its body, and tables that it brings."""

from urllib.parse import parse_qsl

import anyio.to_thread
from starlette.datastructures import UploadFile
from starlette.requests import Request as HttpRequest

from footprint.local.clickhouse.authentication import ANALYST, PIPELINE
from footprint.local.clickhouse.compression import TooLarge, decompressed
from footprint.local.clickhouse.execution import Request
from footprint.local.clickhouse.external import external_tables
from footprint.local.clickhouse.framing import unframed

LARGEST_BODY = {PIPELINE: 1 << 30, ANALYST: 1 << 24}
"""Bytes that a user may send at once, on the wire and after decompression."""
LARGEST_FIELD = 64 * 1024 * 1024
NAMED_BY_HEADER = {"x-clickhouse-database": "database", "x-clickhouse-format": "default_format"}


def parameters_of(http: HttpRequest) -> dict[str, str]:
    """Return the parameters of the address; what a header of ClickHouse's names stands above them."""
    given = dict(parse_qsl(http.url.query, keep_blank_values=True))
    return given | {name: http.headers[header] for header, name in NAMED_BY_HEADER.items() if header in http.headers}


async def read(http: HttpRequest, user: str, parameters: dict[str, str], name: str) -> Request:
    """Return the request; raises ValueError when its body cannot be used, TooLarge when it is too large."""
    changing = http.method == "POST"
    if http.headers.get("content-type", "").startswith("multipart/form-data"):
        fields, files = await _form(http)
        given = parameters | fields
        return Request(user, given, b"", changing, external=external_tables(files, given), name=name)
    raw = await _body(http, LARGEST_BODY[user])
    body = await anyio.to_thread.run_sync(_plain, raw, http.headers.get("content-encoding", ""), parameters, LARGEST_BODY[user])
    return Request(user, parameters, body, changing, name=name)


def _plain(raw: bytes, encoding: str, parameters: dict[str, str], most: int) -> bytes:
    body = decompressed(raw, encoding, most)
    return unframed(body, most) if parameters.get("decompress") == "1" else body


async def _body(http: HttpRequest, most: int) -> bytes:
    """Read the body, and stop where it is too large."""
    chunks, size = [], 0
    async for chunk in http.stream():
        size += len(chunk)
        if size > most:
            raise TooLarge(f"The body is larger than {most} bytes. Send less at once.")
        chunks.append(chunk)
    return b"".join(chunks)


async def _form(http: HttpRequest) -> tuple[dict[str, str], dict[str, bytes]]:
    """Return the fields of a form and its files."""
    async with http.form(max_part_size=LARGEST_FIELD) as form:
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
        files = {name: await value.read() for name, value in form.items() if isinstance(value, UploadFile)}
    return fields, files
