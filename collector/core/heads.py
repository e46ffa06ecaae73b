"""Heads that the parser has read before: the same bytes mean the same request, so they are not parsed again.

A browser repeats its head on a connection, byte for byte, but for the digits of Content-Length; so do SDKs. What is kept here
is only what the HTTP parser made of such bytes once. Everything else, also the smallest difference, is parsed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from collector.core.routes import Route

MAX_BYTES = 16 * 1024 * 1024
"""About what is kept of all heads, with what is noted of them: somebody may send a new one each time."""
HEAD_BYTES, LINE_BYTES, NOTE_BYTES = 1500, 300, 2500
"""What keeping one costs beside its own bytes, roughly."""

MAX_SEEN = 65_536
MAX_LINES = 64
MAX_NOTES = 256
MAX_HEAD_BYTES = 4096
MAX_DIGITS = 8
TELLING = (b"\r\ntransfer-encoding:", b"\r\nupgrade:", b"\r\nexpect:")
"""Headers that decide how a request is read or answered; a head with one is always parsed."""

ANEW = ("pixel", "mail")
"""Forms whose request lines are not remembered: each is another one."""

PIXEL_PATHS = b"GET /v1/pixel/"
VERSION = b" HTTP/1.1"
END = b"\r\n\r\n"
LENGTH = b"ength: "


@dataclass(slots=True)
class Head:
    """The headers of a request, as the parser read them, and the request lines that came with them.

    `notes` is for whoever handles the requests: what follows from the head alone has to be found only once.
    """

    headers: Mapping[str, str]
    origin: str | None
    lines: dict[bytes, tuple[Route, str]] = field(default_factory=dict)
    notes: dict[tuple[object, object], Any] = field(default_factory=dict)


@dataclass(slots=True)
class Split:
    """One whole request in one piece: its line, what its headers are known by, and its body."""

    line: bytes
    known_by: bytes
    body: bytes


def split(data: bytes) -> Split | None:
    """Split a piece of a connection that is exactly one request of a remembered form, else return None."""
    end = data.find(END, 0, MAX_HEAD_BYTES)
    if end < 0:
        return None
    first = data.find(b"\r\n")
    if data.startswith(b"GET "):
        return Split(data[:first], data[first:end], b"") if end + 4 == len(data) else None
    begin = data.find(LENGTH, first, end) + 7
    stop = data.find(b"\r", begin, end + 1)
    digits = data[begin:stop]
    if begin < 7 or not digits.isdigit() or len(digits) > MAX_DIGITS or end + 4 + int(digits) != len(data):
        return None
    return Split(data[:first], data[first:begin] + data[stop:end], data[end + 4 :])


class Heads:
    """The heads of one process. Bounded: when it is full it begins anew.

    A head is kept when it comes for the second time: of a head that comes once only a number is kept. Behind a proxy the requests
    of many visitors share a connection, so it does not matter which connection a head comes on.
    """

    def __init__(self) -> None:
        self._heads: dict[bytes, Head] = {}
        self._seen: set[int] = set()
        self._size = 0

    def recall(self, known_by: bytes) -> Head | None:
        """Return what the parser made of these headers."""
        return self._heads.get(known_by)

    def learn(self, request: Split, headers: Mapping[str, str], *, route: Route, query: str, origin: str | None) -> None:
        """Remember what the parser made of a request, if it is not the first of its head and the head alone decides how it is read."""
        head = self._heads.get(request.known_by)
        if head is None:
            if not (self._comes_again(request) and _tells_all(request)):
                return
            self._weigh(2 * len(request.known_by) + HEAD_BYTES)
            own = {name: value for name, value in headers.items() if name != "content-length"}
            head = self._heads[request.known_by] = Head(own, origin)
        if route.form not in ANEW and len(head.lines) < MAX_LINES:
            self._weigh(2 * len(request.line) + LINE_BYTES)
            head.lines[request.line] = route, query

    def note(self, head: Head, name: tuple[object, object], value: object) -> None:
        """Keep what follows from a head and `name`, among at most MAX_NOTES of the head."""
        if len(head.notes) >= MAX_NOTES:
            head.notes.clear()
        self._weigh(NOTE_BYTES)
        head.notes[name] = value

    def _weigh(self, size: int) -> None:
        """Begin anew when all of it would be too much."""
        self._size += size
        if self._size > MAX_BYTES:
            self._heads.clear()
            self._size = size

    def _comes_again(self, request: Split) -> bool:
        number = hash(request.known_by)
        if number in self._seen:
            return True
        if len(self._seen) >= MAX_SEEN:
            self._seen.clear()
        self._seen.add(number)
        return False


def _tells_all(request: Split) -> bool:
    """True when the digits that were cut out are those of the only Content-Length, and nothing else frames the body."""
    lowered = request.known_by.lower() + b"\r\n"
    if any(name in lowered for name in TELLING):
        return False
    lengths = 0 if request.line.startswith(b"GET ") else 1
    return lowered.count(b"content-length") == lengths == lowered.count(b"\r\ncontent-length: \r\n")
