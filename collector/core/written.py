"""An answer as the bytes of a response, as uvicorn would write it."""

from functools import lru_cache
from http import HTTPStatus

from collector.core.answers import Answer
from collector.core.cors import cors

Pair = tuple[bytes, bytes]
STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}
FOUND = 302
LEADING = STATUS_LINES[FOUND]


def written(answer: Answer, origin: str | None, *, keep_alive: bool = True) -> bytes:
    """Return the whole response; with `origin`, a page of it may read the answer."""
    if answer.status == FOUND:
        return led_on(answer.headers[0][1], answer.headers[1:], origin, keep_alive=keep_alive)
    return _head(answer.status, answer.headers, len(answer.body), origin, keep_alive=keep_alive) + answer.body


def led_on(location: bytes, headers: tuple[Pair, ...], origin: str | None, *, keep_alive: bool = True) -> bytes:
    """Return the response that leads to another place each time; only the rest of it is worth remembering."""
    rest = _head(FOUND, headers, 0, origin, keep_alive=keep_alive)
    return b"%blocation: %b\r\n%b" % (LEADING, location, rest[len(LEADING) :])


@lru_cache(maxsize=1024)
def _head(status: int, headers: tuple[Pair, ...], size: int, origin: str | None, *, keep_alive: bool) -> bytes:
    pairs = [*headers, (b"content-length", b"%d" % size), *cors(origin.encode("latin-1") if origin is not None else None)]
    if not keep_alive:
        pairs.append((b"connection", b"close"))
    return b"".join([STATUS_LINES[status], *(name + b": " + value + b"\r\n" for name, value in pairs), b"\r\n"])
