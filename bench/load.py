"""HTTP load on loopback over keep-alive connections, with as little Python per request as will do.

Closed loop: every connection sends its next request after an answer. Open loop: requests are due at random moments of a given
rate, whatever the answers do, and a latency counts from the moment a request was due.
"""

import contextlib
import random
import select
import socket
import time
from collections import Counter
from dataclasses import dataclass, field

PATIENCE_S = 60
RESTED_S = 2.0
"""A connection that was not used for so long is not used again: servers close them after 5 s."""


@dataclass(slots=True)
class Answers:
    """What came back: how many answers by status, and each answer's latency in seconds."""

    statuses: Counter[int] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    ended_at: list[float] = field(default_factory=list)

    def quantile(self, share: float) -> float:
        """Return the latency that `share` of the answers stayed under, in milliseconds."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000


class _Connections:
    def __init__(self, port: int, count: int) -> None:
        self.poll = select.epoll()
        self.sockets: dict[int, socket.socket] = {}
        self.buffers: dict[int, bytes] = {}
        self.since: dict[int, float] = {}
        self.used: dict[int, float] = {}
        self.port = port
        for _ in range(count):
            self.open()
        self.answers = Answers()

    def open(self) -> int:
        """Open one more connection and return its number."""
        connection = socket.create_connection(("127.0.0.1", self.port), 10)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sockets[connection.fileno()] = connection
        self.buffers[connection.fileno()] = b""
        self.used[connection.fileno()] = time.perf_counter()
        self.poll.register(connection.fileno(), select.EPOLLIN)
        return connection.fileno()

    def usable(self, number: int) -> int:
        """Return the connection, or a new one in the place of one that has rested: the server may be about to close it."""
        if time.perf_counter() - self.used[number] < RESTED_S:
            return number
        with contextlib.suppress(FileNotFoundError):  # `receive` may have done it
            self.poll.unregister(number)
        del self.buffers[number], self.used[number]
        self.sockets.pop(number).close()
        return self.open()

    def send(self, number: int, request: bytes, since: float) -> None:
        self.since[number] = since
        self.sockets[number].sendall(request)

    def receive(self, timeout: float) -> list[int]:
        """Return the connections whose answer is whole now."""
        whole = []
        for number, _ in self.poll.poll(timeout):
            if number not in self.since:  # closed while nothing was asked of it: `usable` opens another
                self.poll.unregister(number)
                continue
            chunk = self.sockets[number].recv(65_536)
            if not chunk:
                raise ConnectionError("the server closed a connection")
            found = self.buffers[number] + chunk
            head = found.find(b"\r\n\r\n")
            if head < 0 or len(found) < head + 4 + _length(found, head):
                self.buffers[number] = found
                continue
            self.buffers[number] = b""
            now = self.used[number] = time.perf_counter()
            self.answers.statuses[int(found[9:12])] += 1
            self.answers.latencies.append(now - self.since.pop(number))
            self.answers.ended_at.append(now)
            whole.append(number)
        return whole

    def close(self) -> None:
        for connection in self.sockets.values():
            connection.close()
        self.poll.close()


def _length(found: bytes, head: int) -> int:
    start = found.find(b"content-length: ", 0, head) + 16
    return int(found[start : found.find(b"\r", start)])


def closed_loop(port: int, requests: list[bytes], *, connections: int = 64) -> Answers:
    """Send every request once and return the answers."""
    line = _Connections(port, connections)
    coming = iter(requests)
    try:
        for number in list(line.sockets):
            request = next(coming, None)
            if request is not None:
                line.send(number, request, time.perf_counter())
        while line.since:
            for number in line.receive(PATIENCE_S):
                request = next(coming, None)
                if request is not None:
                    line.send(number, request, time.perf_counter())
    finally:
        line.close()
    return line.answers


def open_loop(port: int, requests: list[bytes], *, rate: float, connections: int = 64) -> Answers:
    """Send every request once, at random moments of `rate` a second, and return the answers."""
    line = _Connections(port, connections)
    moments = random.Random(1)
    due = time.perf_counter()
    waiting = []
    for request in requests:
        due += moments.expovariate(rate)
        waiting.append((due, request))
    waiting.reverse()
    idle = list(line.sockets)
    try:
        while waiting or line.since:
            now = time.perf_counter()
            while waiting and idle and waiting[-1][0] <= now:
                moment, request = waiting.pop()
                line.send(line.usable(idle.pop()), request, moment)
            next_due = max(0.0, waiting[-1][0] - now) if waiting and idle else PATIENCE_S
            idle += line.receive(next_due)
    finally:
        line.close()
    return line.answers


def post(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """Return the bytes of one POST request."""
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}", *(f"{k}: {v}" for k, v in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def get(path: str, headers: dict[str, str]) -> bytes:
    """Return the bytes of one GET request."""
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{k}: {v}" for k, v in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"
