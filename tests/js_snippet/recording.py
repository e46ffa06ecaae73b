"""Two small web servers for the snippet's own behaviour: a site with the snippet, and an endpoint that writes down what comes."""

import json
import os
import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from collector.core.mapping import KIND_OF_NAME, KIND_OF_TYPE

ROOT = Path(__file__).parents[2]
DIST = Path(os.environ.get("FOOTPRINT_SNIPPET_DIST", ROOT / "js-snippet" / "dist"))
SNIPPET = DIST / "fp.js"
STUB = "<script>window.footprint=window.footprint||function(){(footprint.q=footprint.q||[]).push(arguments)}</script>"
DEADLINE_S = 15


def served(path):
    """The built file of a path."""
    return (DIST / path.lstrip("/")).read_bytes()


def kind_of(event):
    """The kind that the collector will find."""
    return event.get("kind") or KIND_OF_TYPE.get(event["type"]) or KIND_OF_NAME.get(event.get("event"))


def kept(page):
    """The events that wait in the browser, this page's and those of pages that are gone."""
    lines = page.evaluate(
        "Object.keys(localStorage).filter((key) => key.startsWith('fp_queue.')).map((key) => localStorage[key]).join('\\n')"
    )
    return sorted((json.loads(line) for line in lines.split("\n") if line), key=lambda event: (event["timestamp"], event.get("seq", 0)))


def forgotten(page):
    """Wait until nothing waits in the browser any more."""
    page.wait_for_function("Object.keys(localStorage).every((key) => !key.startsWith('fp_queue.'))")


class Server:
    """A web server on a free port of the loopback, in threads of its own, until it is closed."""

    def __init__(self):
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one(self):
                length = int(self.headers.get("content-length") or 0)
                request = Request(
                    self.command, self.path, {name.lower(): value for name, value in self.headers.items()}, self.rfile.read(length)
                )
                status, headers, body = outer.answer(request)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_OPTIONS = handle_one  # noqa: N815 - names that http.server looks for

            def log_message(self, *args):
                """Say nothing."""

            def handle(self):
                with suppress(ConnectionError, TimeoutError):  # a browser may hang up whenever it likes
                    super().handle()

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def answer(self, request):
        raise NotImplementedError

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@dataclass
class Request:
    """One request as it came."""

    method: str
    path: str
    headers: dict
    body: bytes
    answered: int = 0
    at: float = field(default_factory=time.time)

    @property
    def batch(self):
        return json.loads(self.body)["batch"]


@dataclass
class Answer:
    """What the endpoint says to one request. `gate`: it says so only once this is set."""

    status: int = 200
    headers: dict = field(default_factory=dict)
    gate: threading.Event | None = None


class Endpoint(Server):
    """Takes what the snippet sends. `answers` are used up in order, then everything is 200."""

    def __init__(self):
        self.requests = []
        self.answers = deque()
        self.always = None
        self._changed = threading.Condition()
        super().__init__()

    def answer(self, request):
        cors = {"access-control-allow-origin": request.headers.get("origin", "*"), "access-control-expose-headers": "retry-after"}
        if request.path.startswith("/fp."):
            return 200, {"content-type": "text/javascript", **cors}, served(request.path)
        with self._changed:
            answer = self.always or (self.answers.popleft() if self.answers else Answer())
            request.answered = answer.status
            self.requests.append(request)
            self._changed.notify_all()
        if answer.gate:
            answer.gate.wait(DEADLINE_S)
        return answer.status, {**cors, **answer.headers}, b'{"success":true}'

    @property
    def events(self):
        """Every event once, in the order of first arrival."""
        seen = {}
        for request in list(self.requests):
            for event in request.batch:
                seen.setdefault(event["messageId"], event)
        return list(seen.values())

    @property
    def stored(self):
        """The events of requests that were answered 200."""
        return {event["messageId"]: event for request in list(self.requests) if request.answered == 200 for event in request.batch}

    def of(self, kind):
        """The events of one kind or type."""
        return [event for event in self.events if kind in (kind_of(event), event["type"])]

    def wait(self, condition, seconds=DEADLINE_S):
        """Wait until the condition holds, looked at whenever a request comes."""
        with self._changed:
            assert self._changed.wait_for(condition, seconds), f"never came; there is {[(kind_of(e), e['type']) for e in self.events]}"

    def wait_for(self, kind, count=1):
        """Wait for so many events of a kind or type and return them."""
        self.wait(lambda: len(self.of(kind)) >= count)
        return self.of(kind)

    def forget(self):
        """Begin anew."""
        self.requests.clear()


@pytest.fixture
def endpoint():
    server = Endpoint()
    yield server
    server.close()


class Site(Server):
    """A website. Every path not set in `pages` shows `body`, titled by its path, with the snippet of the documentation."""

    def __init__(self, endpoint):
        self.endpoint = endpoint
        self.attributes = 'data-key="KEY"'
        self.build = "fp.js"
        self.head = STUB
        self.body = "<p>Hello</p>"
        self.pages = {}
        self.headers = {}
        super().__init__()

    @property
    def script(self):
        address = self.endpoint.address
        return f'<script defer src="{address}/{self.build}" data-collector="{address}" {self.attributes}></script>'

    def answer(self, request):
        path = urlsplit(request.path).path
        page = self.pages.get(path)
        page = page if page is not None else f"<!doctype html><title>{path}</title>{self.head}{self.script}<body>{self.body}"
        return 200, {"content-type": "text/html; charset=utf-8", **self.headers}, page.encode()
