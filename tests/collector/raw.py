"""Requests as bytes, for what no client library would send."""

import asyncio
import json

KEY = "demo-key"


def post(path, body=b"", *headers, length=True):
    lines = [f"POST {path} HTTP/1.1", "Host: c", f"X-Write-Key: {KEY}", *headers]
    if length:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def view(number):
    return json.dumps({"anonymousId": "v1", "messageId": f"m{number}"}).encode()


async def send(port, *pieces):
    """Open a connection and send; a server that has hung up already is no fault of the test."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for piece in pieces:
        writer.write(piece)
        try:
            await writer.drain()
        except ConnectionError:
            break
    return reader, writer


async def read_all(reader, seconds=10):
    """Return everything until the server closes; fails when it never does."""
    found = b""
    try:
        async with asyncio.timeout(seconds):
            while piece := await reader.read(65_536):
                found += piece
    except ConnectionError:
        pass
    return found


async def read_answer(reader, seconds=10):
    """Return status, headers and body of one answer."""
    async with asyncio.timeout(seconds):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        return int(first.split()[1]), headers, await reader.readexactly(int(headers["content-length"]))
