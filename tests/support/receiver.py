"""Somebody's server on this machine: it accepts, fails, hangs, redirects and recovers as a test says."""

import threading
from collections import Counter, defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple


class Call(NamedTuple):
    path: str
    headers: dict[str, str]
    body: bytes


class Receiver:
    """`behave[path]` is a list of what to answer next: a status, `(status, headers)` or `hang`; then always 200."""

    def __init__(self):
        self.calls: list[Call] = []
        self.answered = Counter()
        self.accepted = defaultdict(set)
        """By path the ids of calls that were answered 200."""
        self.behave: dict[str, list] = {}
        self.released = threading.Event()
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def url(self, path):
        return f"http://127.0.0.1:{self._server.server_port}{path}"

    def ids(self, path):
        """Ids of the calls that a path was sent."""
        return [call.headers["webhook-id"] for call in self.calls if call.path == path]

    def _handler(receiver):  # noqa: N805 - the handler's own self is another
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                length = int(self.headers["content-length"])
                body = self.rfile.read(length)
                if len(body) < length:  # whoever called was killed in the middle
                    return
                with receiver._lock:
                    receiver.calls.append(Call(self.path, {name.lower(): value for name, value in self.headers.items()}, body))
                    planned = receiver.behave.get(self.path)
                    answer = planned.pop(0) if planned else 200
                if answer == "hang":
                    receiver.released.wait(30)
                    return
                status, headers = answer if isinstance(answer, tuple) else (answer, {})
                try:
                    self.send_response(status)
                    for name, value in headers.items():
                        self.send_header(name, value)
                    self.send_header("content-length", "0")
                    self.end_headers()
                    with receiver._lock:
                        receiver.answered[self.path, status] += 1
                        if status == 200:
                            receiver.accepted[self.path].add(self.headers["webhook-id"])
                except ConnectionError:  # whoever called was killed
                    return

            def log_message(self, *_):
                pass

        return Handler
