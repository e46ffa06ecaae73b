"""The hot paths without ASGI: a request is answered by its connection, in bulk after the flush. The same ingest, the same bytes.

A subclass of uvicorn's protocol, so uvicorn is pinned. Everything that is not a plain request to an ingest path goes to the ASGI
application as before, also on the same connection: a hot request stands in the place of uvicorn's own cycle.
"""

from typing import Any

from collector.budget import Hold
from collector.core.answers import Answer
from collector.core.heads import Split, split
from collector.core.mail_hits import address_of
from collector.core.routes import ROUTES, Route
from collector.core.written import written
from collector.guard import Guarded
from collector.handlers import Request
from collector.ingest import WANTED, Ingest
from collector.quick import NOBODY, Taken

HOT = {path.encode(): route for path, route in ROUTES.items() if route.form != "discard"}
METHODS = {"pixel": b"GET", "mail": b"GET"}
NEEDED = WANTED | {b"expect"}
MAX_NAMES = 4096


class Exchange(Hold):
    """One request on a hot path and its answer, with what uvicorn asks of a cycle."""

    __slots__ = (
        "answer",
        "chunks",
        "complete",
        "disconnected",
        "headers",
        "keep_alive",
        "message_event",
        "origin",
        "query",
        "response_complete",
        "route",
        "started",
    )

    def __init__(self, ingest: Ingest, route: Route, query: bytes) -> None:
        super().__init__(ingest.budget)
        self.route = route
        self.query = query
        self.headers: dict[str, str] = {}
        self.origin: str | None = None
        self.chunks: list[bytes] = []
        self.answer: Answer | None = None
        self.started = self.complete = False
        self.keep_alive = True
        self.disconnected = self.response_complete = False
        self.message_event = NOBODY

    def add_header(self, name: str, value: str) -> None:
        """Keep a header; several of one name are joined."""
        held = self.headers.get(name)
        if name == "origin" and held is None:
            self.origin = value
        self.headers[name] = value if held is None else f"{held},{value}"


_NAMES: dict[bytes, str] = {}


def _name_of(name: bytes) -> str:
    """Return a header's name when it is needed, else an empty one; remembered for the spellings that are really used."""
    lowered = name.lower()
    found = lowered.decode() if lowered in NEEDED else ""
    if len(_NAMES) < MAX_NAMES and len(name) < 64:
        _NAMES[name] = found
    return found


class FastProtocol(Guarded):
    """One connection. `ingest` is the class's own: see `fast_protocol`."""

    ingest: Ingest
    _hot: Exchange | bool | None = None
    _in_head = False
    _advancing = False
    _answered = _seen = 0
    _idle_since = 0.0

    @property
    def peer(self) -> str:
        """The address at the other end."""
        return self.client[0] if self.client else ""

    def data_received(self, data: bytes) -> None:
        """Take what came: a request like one before quickly, everything else by the parser."""
        cycle = self.cycle
        if self._open or self._in_head or not (cycle is None or cycle.response_complete):
            super().data_received(data)
            return
        self._unset_keepalive_if_required()
        request = split(data)
        if request is None or not self.ingest.quick.take(request, self):
            super().data_received(data)
            if request is not None:
                self._learn(request)

    def begin_quickly(self, taken: Taken) -> None:
        """Let a request that was taken stand in the place of uvicorn's cycle."""
        self.cycle = taken  # type: ignore[assignment]  # what uvicorn asks of a cycle, it has

    def answer_quickly(self, taken: Taken, response: bytes) -> None:
        """Write the response of a request that was taken."""
        if self.transport.is_closing():  # the client left
            return
        self.transport.write(response)
        if not taken.keep_alive:
            self.transport.close()
        self.on_response_complete()

    def _learn(self, request: Split) -> None:
        """Remember the head of a request that was just parsed."""
        hot: Any = self._hot
        if isinstance(hot, Exchange) and self.cycle is hot and hot.complete and hot.keep_alive:
            self.ingest.quick.heads.learn(request, hot.headers, route=hot.route, query=hot.query.decode("latin-1"), origin=hot.origin)

    def on_message_begin(self) -> None:
        """Begin a request, of which nothing is known yet."""
        self.url = b""
        self._hot = None
        self._in_head = True

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; of a hot request only those that matter, and no trailers."""
        hot = self._hot
        if hot is None:
            hot = self._decide()
        if not self._in_head:
            return
        if not isinstance(hot, Exchange):
            super().on_header(name, value)
        else:
            known = _NAMES.get(name)
            if known is None:
                known = _name_of(name)
            if known:
                hot.add_header(known, value.decode("latin-1"))

    def on_headers_complete(self) -> None:
        """Begin the answer, or queue it behind those before it on this connection."""
        hot = self._hot
        if hot is None:
            hot = self._decide()
        self._in_head = False
        if not isinstance(hot, Exchange):
            super().on_headers_complete()
            return
        hot.keep_alive = self.parser.should_keep_alive() and self.parser.get_http_version() != "1.0"
        previous, self.cycle = self.cycle, hot  # type: ignore[assignment]  # what uvicorn asks of a cycle, an exchange has
        if previous is None or previous.response_complete:
            self._start(hot)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((hot, None))  # type: ignore[arg-type]  # started by _start_asgi_task below
        if self.ingest.over_the_limit(hot.headers.get("content-length", "")):
            self._refuse(hot, self.ingest.too_large())

    def on_body(self, body: bytes) -> None:
        """Take a piece of a body, within the limits."""
        hot = self._hot
        if not isinstance(hot, Exchange):
            super().on_body(body)
        elif hot.answer is None:
            refusal = self.ingest.taken(hot, len(body))
            if refusal is None:
                hot.chunks.append(body)
            else:
                self._refuse(hot, refusal)

    def on_message_complete(self) -> None:
        """Handle a request that is whole, when it is its turn."""
        hot = self._hot
        if not isinstance(hot, Exchange):
            super().on_message_complete()
            return
        hot.complete = True
        if hot.started and hot.answer is None:
            self._handle(hot)

    def on_response_complete(self) -> None:
        """Go on with what is queued on this connection; with nothing queued, wait for the client."""
        self.server_state.total_requests += 1
        self._answered += 1
        if self.transport.is_closing():
            return
        if self.pipeline:
            self._advance()
        if not self.pipeline:
            self.flow.resume_reading()

    def sweep(self, now: float) -> None:
        """Close what has been idle for longer than the keep-alive: a timer for each answer would cost more than the answer."""
        super().sweep(now)
        cycle = self.cycle
        if self._answered != self._seen or self._in_head or cycle is None or not cycle.response_complete:
            self._seen, self._idle_since = self._answered, now
        elif now - self._idle_since > self.timeout_keep_alive:
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Give back what requests hold that will never be handled."""
        super().connection_lost(exc)
        for cycle in (self.cycle, *(queued for queued, _ in self.pipeline)):
            if isinstance(cycle, Exchange) and not (cycle.started and cycle.complete):
                cycle.release()
                cycle.chunks = []
        if self.cycle is not None and self.cycle.response_complete:
            # A circle of this object and its last request would keep the memory of both until the garbage collector comes.
            self.cycle = None  # type: ignore[assignment]  # as uvicorn begins

    def pause_writing(self) -> None:
        """Read nothing from a client that does not take its answers."""
        super().pause_writing()
        self.flow.pause_reading()

    def resume_writing(self) -> None:
        """Read on."""
        super().resume_writing()
        if not self.pipeline:
            self.flow.resume_reading()

    def _heading(self) -> bool:
        return self._in_head

    def _origin(self) -> str | None:
        return self._hot.origin if isinstance(self._hot, Exchange) else super()._origin()

    def _decide(self) -> Exchange | bool:
        """Say whether this is a hot request, before its first header is taken."""
        path, _, query = self.url.partition(b"?")
        route = HOT.get(path)
        if route is None and path.startswith(b"/e/") and b"%" not in path:
            route, query = address_of(path) or (None, b"")
        if route is not None and self.parser.get_method() == METHODS.get(route.form, b"POST"):
            self._hot = Exchange(self.ingest, route, query)
        else:
            url = self.url
            super().on_message_begin()
            self.url = url
            self._hot = False
        return self._hot

    def _advance(self) -> None:
        """Start queued requests until one has to wait; a loop, because thousands may be answered at once."""
        if self._advancing:
            return
        self._advancing = True
        try:
            going = True
            while self.pipeline and going:
                cycle, app = self.pipeline.pop()
                self._start_asgi_task(cycle, app)
                going = cycle.response_complete
        finally:
            self._advancing = False

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        if isinstance(cycle, Exchange):
            self._start(cycle)
        else:
            super()._start_asgi_task(cycle, app)

    def _start(self, hot: Exchange) -> None:
        hot.started = True
        if hot.answer is not None:
            self._write(hot, hot.answer)
        elif hot.complete:
            self._handle(hot)
        elif hot.headers.get("expect", "").lower() == "100-continue" and not self.ingest.over_the_limit(
            hot.headers.get("content-length", "")
        ):
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _handle(self, hot: Exchange) -> None:
        chunks = hot.chunks
        body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        method = METHODS.get(hot.route.form, b"POST").decode()
        request = Request(hot.route, hot.query.decode("latin-1"), hot.headers, body, self.peer, self.ingest.now_ms(), method)
        hot.chunks = []
        self.ingest.answer(request, hot, lambda answer: self._write(hot, answer))

    def _refuse(self, hot: Exchange, answer: Answer) -> None:
        """Answer before the body is whole; the rest of it is thrown away."""
        hot.answer = self.ingest.counted(hot.route, answer)
        hot.chunks = []
        if hot.started:
            self._write(hot, answer)

    def _write(self, hot: Exchange, answer: Answer) -> None:
        if hot.response_complete:
            return
        hot.release()
        hot.response_complete = True
        if self.transport.is_closing():  # the client left
            return
        self.transport.write(written(answer, hot.origin, keep_alive=hot.keep_alive))
        if not hot.keep_alive:
            self.transport.close()
        self.on_response_complete()


def fast_protocol(ingest: Ingest) -> type[FastProtocol]:
    """Return the protocol class for uvicorn's `http` setting."""
    return type("CollectorProtocol", (FastProtocol,), {"ingest": ingest})
