"""The yardstick: a raw ASGI application that reads the request and says ok, on the collector's own server settings."""

import sys

import uvicorn

START = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2"), (b"content-type", b"text/plain")]}
BODY = {"type": "http.response.body", "body": b"ok"}


async def hello(scope, _receive, send):
    if scope["type"] == "http":
        await send(START)
        await send(BODY)


if __name__ == "__main__":
    uvicorn.run(
        hello,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        http="httptools",
        loop="uvloop",
        access_log=False,
        log_level="warning",
        lifespan="off",
        server_header=False,
        date_header=False,
        proxy_headers=False,
        ws="none",
    )
