"""The quick way of a request whose head is known and whose messages are plain: from the bytes of a connection to the publisher.

It only takes. What it does not take goes the ordinary way, parser and handlers, and comes to the same record and the same answer
(tests/collector/test_quick.py).
"""

import time
from binascii import Error, a2b_base64
from collections.abc import Callable
from typing import Protocol

import structlog

from collector.core import answers
from collector.core.addresses import client_address
from collector.core.answers import Answer
from collector.core.batches import MAX_BATCH
from collector.core.heads import PIXEL_PATHS, VERSION, Head, Heads, Split
from collector.core.keys import key_in
from collector.core.plain import Lines, PlainEvents
from collector.core.routes import ROUTES, Route
from collector.core.shapes import Envelope, read_shapes
from collector.core.written import written
from collector.handlers import Handlers
from collector.metrics import Metrics
from collector.ports import Publication
from collector.publishing import Publishing
from collector.quick_hits import BEGIN, Hit, QuickHits

PIXELS = {path.encode(): route for path, route in ROUTES.items() if route.form == "pixel"}
QUERY = b"?data="
FOR_URLS = bytes.maketrans(b"-_", b"+/")
MAX_KEY = 200
"""Characters of a key in a body; a longer one is nobody's."""
MAX_RESPONSES = 32
"""Answers that a sender keeps: most requests carry few events."""

log = structlog.get_logger()

Refused = Callable[[Route, BaseException, Answer | None], Answer]


class Connection(Protocol):
    """Where requests come from and answers go."""

    @property
    def peer(self) -> str:
        """The address at the other end."""

    def begin_quickly(self, taken: "Taken") -> None:
        """Let a request stand in the place of uvicorn's cycle."""

    def answer_quickly(self, taken: "Taken", response: bytes) -> None:
        """Write its whole response."""


class _Nobody:
    """What uvicorn wakes when a connection ends: nothing waits for the body of a request that is whole."""

    def set(self) -> None:
        """Wake nobody."""


NOBODY = _Nobody()


class Sender:
    """Requests with one head, one line and one key: how they become events, and the answers they get.

    `plain` is None when their events are for the handlers. `known` is what the handlers knew of keys and sites then.
    """

    __slots__ = ("counted", "forwarded", "known", "origin", "plain", "responses", "route")

    patient = True
    otherwise: Answer | None = None

    def __init__(self, route: Route, head: Head, plain: PlainEvents | None, known: object) -> None:
        self.route = route
        self.origin = head.origin
        self.forwarded = head.headers.get("x-forwarded-for", "")
        self.plain = plain
        self.known = known
        self.counted = (route.name, "200")
        self.responses: dict[int, bytes] = {}

    def response(self, lines: Lines, *, keep_alive: bool) -> bytes:
        """Return the bytes of the 200."""
        if lines.duplicate or not keep_alive:
            return written(self._answer(lines), self.origin, keep_alive=keep_alive)
        response = self.responses.get(lines.accepted)
        if response is None:
            response = written(self._answer(lines), self.origin)
            if len(self.responses) < MAX_RESPONSES:
                self.responses[lines.accepted] = response
        return response

    def _answer(self, lines: Lines) -> Answer:
        if self.route.form == "pixel":
            return answers.PIXEL
        return answers.success(accepted=lines.accepted, duplicate=lines.duplicate, rejected=())


class Taken:
    """A request that was taken, in the place of uvicorn's cycle until it is answered."""

    __slots__ = ("connection", "disconnected", "held", "keep_alive", "lines", "quick", "response_complete", "sender", "since")

    started = complete = True
    message_event = NOBODY

    def __init__(self, quick: "Quick", connection: Connection, sender: Sender | Hit, lines: Lines, held: int) -> None:
        self.quick = quick
        self.connection = connection
        self.sender = sender
        self.lines = lines
        self.held = held
        self.since = time.monotonic()
        self.keep_alive = True
        self.disconnected = self.response_complete = False

    def settle(self, error: BaseException | None) -> None:
        """Answer; called once, when the events are durable or cannot be made so."""
        response = self.quick.settled(self, error)
        self.response_complete = True
        self.connection.answer_quickly(self, response)


class Quick:
    """The quick way of one process. `refused` makes the answer to what cannot be made durable."""

    def __init__(
        self, handlers: Handlers, *, publishing: Publishing, metrics: Metrics, now_ms: Callable[[], int], refused: Refused
    ) -> None:
        self.heads = Heads()
        self._hits = QuickHits(self.heads, handlers, now_ms)
        self._budget = publishing.budget
        self._handlers = handlers
        self._publishing = publishing
        self._metrics = metrics
        self._now_ms = now_ms
        self._refused = refused

    def take(self, request: Split, connection: Connection) -> bool:
        """Take a request, or return False and have done nothing."""
        try:
            found = self._understand(request, connection.peer)
        except Exception:  # a bug here must not cost a client its connection: the ordinary way knows how to fail
            log.exception("quick_way_failed")
            return False
        if found is None:
            return False
        sender, lines, size = found
        budget = self._budget
        held = size + lines.size
        if budget.held + held > budget.limit:
            return False
        budget.held += held
        taken = Taken(self, connection, sender, lines, held)
        connection.begin_quickly(taken)
        self._publishing.submit_taken(Publication(lines.events), taken.settle, patient=sender.patient)
        return True

    def _understand(self, request: Split, peer: str) -> tuple[Sender | Hit, Lines, int] | None:
        """Return the sender of a request, its events and the bytes of its body."""
        if request.line.startswith(BEGIN):
            return self._hits.understand(request, peer)
        head = self.heads.recall(request.known_by)
        if head is None:
            return None
        asked = head.lines.get(request.line) or _read_pixel(request)
        shapes = self._read(request.body, asked[0]) if asked is not None else None
        if asked is None or shapes is None:
            return None
        write_key = key_in(shapes.write_key)
        if len(write_key) > MAX_KEY:
            return None
        sender = self._sender(head, asked, write_key)
        lines = self._lines(sender, shapes, peer)
        return (sender, lines, len(request.body)) if lines is not None else None

    def settled(self, taken: Taken, error: BaseException | None) -> bytes:
        """Count a request and return its response."""
        self._budget.held -= taken.held
        self._publishing.settled(taken.since, error)
        sender, lines = taken.sender, taken.lines
        if error is not None:
            return written(self._refused(sender.route, error, sender.otherwise), sender.origin, keep_alive=taken.keep_alive)
        self._metrics.requests.add(sender.counted)
        self._metrics.accepted.add((), lines.accepted)
        if lines.duplicate:
            self._metrics.duplicate.add((), lines.duplicate)
        return sender.response(lines, keep_alive=taken.keep_alive)

    def _read(self, body: bytes, route: Route) -> Envelope | None:
        if len(body) > self._handlers.config.body_limit:
            return None
        shapes = read_shapes(body, batch=route.form == "batch")
        return shapes if shapes is not None and len(shapes.batch) <= MAX_BATCH else None

    def _sender(self, head: Head, asked: tuple[Route, str], write_key: str) -> Sender:
        known = self._handlers.known
        note = (asked, write_key)
        sender = head.notes.get(note)
        if sender is None or sender.known is not known:
            sender = Sender(asked[0], head, self._handlers.plain_events(asked, head.headers, write_key), known)
            self.heads.note(head, note, sender)
        return sender

    def _lines(self, sender: Sender, shapes: Envelope, peer: str) -> Lines | None:
        plain, config = sender.plain, self._handlers.config
        if plain is None:
            return None
        address = client_address(peer, sender.forwarded, config.trusted_proxies) if sender.forwarded else peer
        plain.begin(self._now_ms(), address, shapes.sent_at)
        lines = plain.lines(shapes.batch, config.partitions)
        return lines if lines is not None and lines.accepted else None


def _read_pixel(request: Split) -> tuple[Route, str] | None:
    """Read the line of a pixel whose query is one message in base64; that message is its body."""
    line = request.line
    if not (line.startswith(PIXEL_PATHS) and line.endswith(VERSION)):
        return None
    path, _, encoded = line[4 : -len(VERSION)].partition(QUERY)
    route = PIXELS.get(path)
    if route is None:
        return None
    encoded = encoded.translate(FOR_URLS).rstrip(b"=")
    try:
        request.body = a2b_base64(encoded + b"=" * (-len(encoded) % 4), strict_mode=True)
    except Error:
        return None
    return route, ""
