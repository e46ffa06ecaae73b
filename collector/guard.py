"""What a connection may ask of the collector: a bound on heads and on waste, and an end to clients that never finish.

One sweep a second looks at all connections instead of a timer for each request: it costs a request almost nothing.
"""

import asyncio
from collections.abc import Collection
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from collector.core.answers import Answer, Refusal, refused
from collector.core.written import written

MAX_HEAD_BYTES = 64 * 1024
"""Request line and headers. One read of the socket may come on top."""

MAX_REQUEST_BYTES = 64 * 1024 * 1024
"""Everything one request may send, also of a body that was refused: it is read to its end so that the client sees why."""

FIRST_S = 60.0
"""A new connection may stay without a request: browsers open some in advance."""

HEAD_S = 10.0
BODY_S = 20.0
BODY_BYTES_S = 1_000
"""A body may take BODY_S, and longer as long as it brings so many bytes a second."""

ANSWER_S = 30.0
"""A client may leave its answers unread."""

SWEEP_S = 1.0

BAD_REQUEST = refused(Refusal(400, "bad_request", "This is not HTTP/1.1. Send one request as RFC 9112 writes it."))
HEAD_TOO_LARGE = refused(
    Refusal(431, "head_too_large", f"Request line and headers are over {MAX_HEAD_BYTES:,} bytes. Send the message in the body.")
)
TOO_SLOW = refused(Refusal(408, "too_slow", "The request did not arrive in time. Send it again."))

ALLOWED_S = {"first": FIRST_S, "head": HEAD_S, "body": BODY_S, "answer": ANSWER_S}


class Guarded(HttpToolsProtocol):
    """uvicorn's protocol, with what one request sends counted. Both transports stand on it."""

    _open = False
    _span = 0
    _stage: tuple[str, Any] | None = None
    _since = 0.0

    def data_received(self, data: bytes) -> None:
        """Take what came; end a connection whose request has no end."""
        cycle, heading = self.cycle, self._heading()
        super().data_received(data)
        still_heading = self._heading()
        if self.cycle is not cycle or (still_heading and not heading):
            self._span = 0
        else:
            self._span += len(data)
            if still_heading and self._span > MAX_HEAD_BYTES:
                self._end(HEAD_TOO_LARGE)
            elif self._span > MAX_REQUEST_BYTES:
                self.transport.abort()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; what comes after a body in chunks is none, though uvicorn takes it for one."""
        if self._heading():
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Begin a request whose body is to come."""
        self._open = True
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Know that a request is whole, also when it was answered long ago."""
        self._open = False
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words
        """Answer what is not HTTP."""
        self._end(BAD_REQUEST)

    def sweep(self, now: float) -> None:
        """End the connection when it has been in one stage of one request for too long."""
        stage = self._stage_now()
        if stage is None or self._stage is None or stage[0] != self._stage[0] or stage[1] is not self._stage[1]:
            self._stage, self._since = stage, now
            return
        allowed = ALLOWED_S[stage[0]]
        if stage[0] == "body":
            allowed += self._span / BODY_BYTES_S
        if now - self._since > allowed:
            self._end(TOO_SLOW if stage[0] in ("head", "body") else None)

    def _stage_now(self) -> tuple[str, Any] | None:
        """Say what the connection waits for, and in which request; None when it is the client's right to wait."""
        cycle: Any = self.cycle
        if self.flow.write_paused:
            return "answer", None
        if self._heading():
            return "head", cycle
        if cycle is None:
            return "first", None
        return ("body", cycle) if self._unfinished(cycle) else None

    def _unfinished(self, cycle: Any) -> bool:
        """True while something of a request's body is still expected."""
        complete = getattr(cycle, "complete", None)  # an exchange of the fast protocol knows
        return self._open if complete is None else not complete

    def _heading(self) -> bool:
        """True while a head has begun and is not complete."""
        scope: Any = self.scope
        return scope is not None and "method" not in scope

    def _end(self, answer: Answer | None) -> None:
        """Close, with an answer when no other one is on its way."""
        if self.transport.is_closing():
            return
        cycle: Any = self.cycle
        unfinished = cycle is not None and self._unfinished(cycle)
        answered = cycle is None or cycle.response_complete
        # an answer under way is for an earlier request; one that is out already is for this
        if answer is None or unfinished is answered or self.pipeline or self.transport.get_write_buffer_size():
            self.transport.abort()
            return
        if unfinished:
            cycle.disconnected = cycle.response_complete = True  # nothing more is said or written for it
        self.transport.write(written(answer, self._origin(), keep_alive=False))
        self.transport.close()

    def _origin(self) -> str | None:
        """Return the page's origin, as far as the head was read: without CORS a browser takes the answer for a network error."""
        found = next((value for name, value in self.headers or () if name == b"origin"), None)
        return found.decode("latin-1") if found is not None else None


async def watch(connections: Collection[Any]) -> None:
    """Sweep over all connections until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(SWEEP_S)
        now = loop.time()
        for connection in list(connections):
            connection.sweep(now)
