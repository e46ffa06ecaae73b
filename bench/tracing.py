"""What following one request of a hundred costs: CPU of the same collector with it and without, turn by turn, in one run.

Method: as bench/collector.py, with two collectors on one core and one broker; the spans go over HTTP to a process that throws them away. A round's ratio
is that of its two turns, and which of them is first changes every round; the median is shown. Then what one span costs a part, sending included: streams and
sink make one for a transaction or an insert, however many events it has.
"""

import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.collector import batch_of, cost, single
from bench.report import Report
from bench.servers import MEASURED, Line, Server, _http_ready
from footprint.local.ports import free_port
from footprint.settings import Settings
from footprint.tracing import tracer_of

ROUNDS = 9
SHARE = "0.01"
MUST = 1.02
SPANS = 20_000
RECEIVER = """
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Takes(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200); self.send_header("content-length", "0"); self.end_headers()
    do_GET = lambda self: (self.send_response(200), self.send_header("content-length", "0"), self.end_headers())
    log_message = lambda *_: None
ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Takes).serve_forever()
"""


class Traced(Line):
    """A broker, a collector without tracing and one with it."""

    def __init__(self, folder: Path, receiver: int) -> None:
        super().__init__(folder)
        self.asgi.end()  # not measured here
        self.asgi, program = self.collector, str(Path(sys.executable).with_name("footprint"))
        port, own = free_port(), folder / "traced"
        own.mkdir(mode=0o700)
        told = {"COLLECTOR_PORT": str(port), "DATA_DIR": str(own), "TRACING_SHARE": SHARE}
        told["TRACING_URL"] = f"http://127.0.0.1:{receiver}/v1/traces"
        settings = {f"FOOTPRINT_{name}": value for name, value in told.items()}
        self.collector = self._server(program, "collector", port=port, cores=MEASURED, **settings)
        _http_ready(f"http://127.0.0.1:{port}/ready")

    @property
    def plain(self) -> Server:
        """The collector that follows nobody."""
        return self.asgi


@contextlib.contextmanager
def receiver() -> Iterator[int]:
    """Give the port of a process that takes spans and throws them away."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-c", RECEIVER, str(port)])
    try:
        _http_ready(f"http://127.0.0.1:{port}/")
        yield port
    finally:
        process.terminate()
        process.wait()


def ratios(line: Traced, size: int, count: int) -> list[float]:
    """Return by round what an event costs with tracing, as a share of what it costs without; the first round only warms up."""
    build, found = (single if size == 1 else batch_of(size)), []
    for round_ in range(ROUNDS + 1):
        turns = [line.plain, line.collector][:: 1 if round_ % 2 else -1]
        spent = {server.port: cost(server, [build(number) for number in range(count)])[0] for server in turns}
        found.append(spent[line.collector.port] / spent[line.plain.port])
    return found[1:]


def span_us(port: int) -> float:
    """Return the CPU microseconds of one span with a cause, begun, ended and sent."""
    tracer = tracer_of(Settings(tracing_share=1, tracing_url=f"http://127.0.0.1:{port}/v1/traces"), "bench")
    assert tracer is not None
    cause = [tracer.start("request").context]
    began = time.process_time()
    for number in range(SPANS):
        tracer.start("streams visitors", cause).end()
        if number % 500 == 0:
            time.sleep(0.1)  # the sender's thread has a bounded queue, and is to send all of them
    time.sleep(2)
    return (time.process_time() - began) * 1e6 / SPANS


def run() -> bool:
    """Measure, print and record."""
    report = Report("tracing", ["", "with tracing / without", "rounds, least to most", "must"])
    report.note(f"Load average at the start: {os.getloadavg()[0]:.1f}. One request of a hundred is followed, spans sent over HTTP.")
    with receiver() as port, tempfile.TemporaryDirectory(prefix="footprint-bench-") as folder:
        line = Traced.__new__(Traced)
        try:
            line.__init__(Path(folder), port)
            for name, size, count in (("single POST", 1, 3000), ("batch of 10", 10, 600)):
                found = sorted(ratios(line, size, count))
                report.row(name, f"{statistics.median(found):.3f}", f"{found[0]:.3f} to {found[-1]:.3f}", f"<= {MUST}")
        finally:
            line.end()
        report.row("one span of streams or sink, us", f"{span_us(port):.0f}", "", "")
    report.finish()
    return True
