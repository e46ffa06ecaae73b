"""A web shop of a test's own: one page per SDK, and the SDK's own file from its package, on another origin than the collector."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FILES = {
    "/segment.js": "node_modules/@segment/analytics-next/dist/umd/index.js",
    "/rudderstack.js": "node_modules/@rudderstack/analytics-js/dist/npm/modern/bundled/umd/index.js",
}


@contextmanager
def shop(packages):
    """Serve `/`, an empty page that loads the script named in its query, and the scripts; yields the address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(packages))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(packages):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            path, _, query = self.path.partition("?")
            if path in FILES:
                self._answer("text/javascript", (packages / FILES[path]).read_bytes())
            elif query in FILES:
                self._answer("text/html", f"<!doctype html><title>Prices</title><script src={query}></script><h1>Prices</h1>".encode())
            else:
                self._answer("text/plain", b"")

        def _answer(self, kind, body):
            self.send_response(200)
            self.send_header("content-type", f"{kind}; charset=utf-8")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            """Say nothing."""

    return Handler
