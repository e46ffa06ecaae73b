"""A bounded closed-loop HTTP load on loopback: keep-alive connections that each send the next request after an answer."""

import asyncio
import time
from dataclasses import dataclass, field


@dataclass(slots=True)
class Answers:
    """What came back: how many answers by status, and each answer's latency in seconds."""

    statuses: dict[int, int] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)


class _Connection(asyncio.Protocol):
    def __init__(self, load: "_Load") -> None:
        self.load = load
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.send()

    def send(self) -> None:
        request = next(self.load.requests, None)
        if request is None:
            self.transport.close()
            return
        self.sent_at = time.perf_counter()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, found, body = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        if len(body) < length:
            return
        self.buffer = body[length:]
        answers = self.load.answers
        status = int(head[9:12])
        answers.statuses[status] = answers.statuses.get(status, 0) + 1
        answers.latencies.append(time.perf_counter() - self.sent_at)
        self.send()

    def connection_lost(self, _exc: Exception | None) -> None:
        self.load.open -= 1
        if not self.load.open:
            self.load.done.set_result(None)


class _Load:
    def __init__(self, requests: list[bytes], connections: int) -> None:
        self.requests = iter(requests)
        self.answers = Answers()
        self.open = connections
        self.done = asyncio.get_running_loop().create_future()


async def run_load(port: int, requests: list[bytes], *, connections: int = 64) -> Answers:
    """Send every request once over `connections` keep-alive connections to 127.0.0.1 and return the answers."""
    load = _Load(requests, connections)
    loop = asyncio.get_running_loop()
    for _ in range(connections):
        await loop.create_connection(lambda: _Connection(load), "127.0.0.1", port)
    await asyncio.wait_for(load.done, 120)
    return load.answers


def post(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """Return the bytes of one POST request."""
    lines = [f"POST {path} HTTP/1.1", "host: 127.0.0.1", f"content-length: {len(body)}", *(f"{k}: {v}" for k, v in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def get(path: str, headers: dict[str, str]) -> bytes:
    """Return the bytes of one GET request."""
    lines = [f"GET {path} HTTP/1.1", "host: 127.0.0.1", *(f"{k}: {v}" for k, v in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"
