"""The quick way of opens and clicks whose head is known: from the bytes of a connection to an event.

As the rest of the quick way it only takes: a token that is not ours, a retired key, a site or a visitor with wishes of their own go the
ordinary way (`collector.hits`), which comes to the same.
"""

from collections.abc import Callable

from collector.core import mail_hits
from collector.core.addresses import client_address
from collector.core.answers import Answer
from collector.core.heads import VERSION, Head, Heads, Split
from collector.core.links import landing
from collector.core.mail_hits import IMAGE_ANSWER, NO_STORE, PURPOSES, address_of
from collector.core.plain import Lines
from collector.core.plain_hits import PlainHits
from collector.core.routes import CLICK, OPEN, Route
from collector.core.written import led_on, written
from collector.handlers import Handlers, Request

BEGIN = b"GET /e/"


COUNTED = {OPEN.name: (OPEN.name, "200"), CLICK.name: (CLICK.name, "302")}


class Hit:
    """One open or click, and the answer that it gets whatever becomes of its event; a click leads to `location`."""

    __slots__ = ("counted", "location", "origin", "route")

    patient = False

    def __init__(self, route: Route, origin: str | None, location: bytes) -> None:
        self.route = route
        self.origin = origin
        self.location = location
        self.counted = COUNTED[route.name]

    @property
    def otherwise(self) -> Answer:
        """The answer when the event cannot be kept: the same."""
        return mail_hits.led_on(self.location) if self.location else IMAGE_ANSWER

    def response(self, lines: Lines, *, keep_alive: bool) -> bytes:
        """Return the bytes of the answer."""
        del lines
        if self.location:
            return led_on(self.location, NO_STORE, self.origin, keep_alive=keep_alive)
        return written(IMAGE_ANSWER, self.origin, keep_alive=keep_alive)


class _Known:
    """What follows from a head and a site: how their hits become events; `plain` is None when they are for the handlers."""

    __slots__ = ("forwarded", "known", "plain")

    def __init__(self, head: Head, plain: PlainHits | None, known: object) -> None:
        self.forwarded = head.headers.get("x-forwarded-for", "")
        self.plain = plain
        self.known = known


class QuickHits:
    """The quick way of hits, over the heads of one process."""

    def __init__(self, heads: Heads, handlers: Handlers, now_ms: Callable[[], int]) -> None:
        self._heads = heads
        self._handlers = handlers
        self._now_ms = now_ms

    def understand(self, request: Split, peer: str) -> tuple[Hit, Lines, int] | None:
        """Return a hit, its event and the bytes of its body, of which it has none; None when it is for the ordinary way."""
        head, line = self._heads.recall(request.known_by), request.line
        asked = address_of(line[4 : -len(VERSION)]) if head is not None and line.endswith(VERSION) else None
        if asked is None or head is None:
            return None
        route, token = asked
        config = self._handlers.config
        read = config.links.read(token, PURPOSES[route.name])
        if read is None or read.retired:
            return None
        mailed = read.mailed
        known = self._known_of(head, route, mailed.site)
        if known.plain is None:
            return None
        event_id = self._handlers.new_id()
        address = client_address(peer, known.forwarded, config.trusted_proxies) if known.forwarded else peer
        lines = known.plain.lines(mailed, event_id, received_at=self._now_ms(), address=address, partitions=config.partitions)
        if lines is None:
            return None
        return Hit(route, head.origin, b"" if route is OPEN else landing(mailed.target, event_id)), lines, 0

    def _known_of(self, head: Head, route: Route, site: str) -> _Known:
        note, known = (route.name, site), self._handlers.known
        found: _Known | None = head.notes.get(note)
        if found is None or found.known is not known:
            found = _Known(head, self._handlers.plain_hits(site, Request(route, "", head.headers, b"", "", 0, "GET")), known)
            self._heads.note(head, note, found)
        return found
