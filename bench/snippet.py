"""What the snippet costs a page: traced in Chromium beside other trackers' npm builds, in turn, in the same run.

Method: a page of 200 paragraphs and links; each tracker in a context of its own, ROUNDS rounds in turn. Loading is the time of the main thread spent
compiling and running the tracker's file until the page has settled, in CPU time of the thread; an event is the time spent in its functions for one call, over CALLS calls, and for one
click on a link, over CLICKS clicks, after each of which the layout is made dirty. Promises (exit 1): no task over 50 ms in which the tracker ran, no layout
forced inside its functions, no request before DOMContentLoaded. Times are shown, and break nothing.
"""

import gzip
import json
import statistics
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from bench.peers import PEERS, built
from bench.report import Report
from tests.support.browser import launched

DIST = Path(__file__).parents[1] / "js-snippet" / "dist"
ROUNDS = 5
CALLS = 50
CLICKS = 20
LONG_TASK_US = 50_000
STUB = "<script>window.footprint=window.footprint||function(){(footprint.q=footprint.q||[]).push(arguments)}</script>"
OWN_TAG = STUB + '<script defer src="{file}" data-key="KEY" data-collector=""></script>'
OWN_CALL = b";window.trackOne=()=>footprint('track','one',{n:'1'});"
BODY = "".join(f'<p>Paragraph {n} of some length <a href="#p{n}">link {n}</a></p>' for n in range(200))
CATEGORIES = ["devtools.timeline", "v8.execute", "disabled-by-default-v8.compile", "toplevel"]


@dataclass(frozen=True, slots=True)
class Tracker:
    """A tracker as one file, and the script element that loads it."""

    name: str
    script: bytes
    tag: str


@dataclass(slots=True)
class Costs:
    """What the rounds of one tracker measured: milliseconds, and broken promises."""

    load: list[float] = field(default_factory=list)
    call: list[float] = field(default_factory=list)
    click: list[float] = field(default_factory=list)
    long_tasks: int = 0
    layouts: int = 0
    early: int = 0


def run() -> bool:
    """Measure, print and write the table; True when the snippet kept its promises."""
    own = [Tracker(f"footprint {name}", (DIST / name).read_bytes() + OWN_CALL, OWN_TAG) for name in ("fp.js", "fp.full.js")]
    trackers = [*own, *(Tracker(peer.name, built(peer), peer.tag) for peer in PEERS)]
    costs = {tracker.name: Costs() for tracker in trackers}
    with launched() as browser, _site(trackers) as address:
        for number in range(ROUNDS + 1):  # the first warms the browser up and does not count
            for index, tracker in enumerate(trackers):
                _measure(browser, f"{address}/{index}", costs[tracker.name] if number else Costs())
    _report(trackers, costs)
    return all(not (costs[one.name].long_tasks or costs[one.name].layouts or costs[one.name].early) for one in own)


def _report(trackers: list[Tracker], costs: dict[str, Costs]) -> None:
    report = Report("snippet", ["tracker", "gzip -9", "load ms", "call ms", "click ms", "long tasks", "forced layouts", "early requests"])
    for tracker in trackers:
        cost = costs[tracker.name]
        size = len(gzip.compress(tracker.script.removesuffix(OWN_CALL), 9))
        times = (f"{statistics.median(values):.3f}" for values in (cost.load, cost.call, cost.click))
        report.row(tracker.name, str(size), *times, str(cost.long_tasks), str(cost.layouts), str(cost.early))
    report.note(
        f"Medians of {ROUNDS} rounds in turn; {CALLS} calls and {CLICKS} clicks a round. Sizes of the others are of esbuild's bundle."
    )
    report.finish()


def _measure(browser: Browser, url: str, cost: Costs) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto("about:blank")
    browser.start_tracing(page=page, categories=CATEGORIES)
    page.goto(url)
    page.evaluate("new Promise((done) => setTimeout(done, 300))")
    loading = _Trace(browser.stop_tracing())
    cost.load.append(loading.spent_ms)
    cost.early += page.evaluate("early")
    browser.start_tracing(page=page, categories=CATEGORIES)
    page.evaluate(f"(async () => {{ for (let n = 0; n < {CALLS}; n++) {{ dirty(); setTimeout(trackOne); await pause() }} }})()")
    calling = _Trace(browser.stop_tracing())
    cost.call.append(calling.spent_ms / CALLS)
    browser.start_tracing(page=page, categories=CATEGORIES)
    page.evaluate(
        f"(async () => {{ for (let n = 0; n < {CLICKS}; n++) {{ dirty(); links[n].click(); await pause() }} dirty(); await pause() }})()"
    )
    page.evaluate("dispatchEvent(new Event('blur')); new Promise((done) => setTimeout(done, 1200))")
    clicking = _Trace(browser.stop_tracing())
    cost.click.append(clicking.spent_ms / CLICKS)
    for trace in (loading, calling, clicking):
        cost.long_tasks += trace.long_tasks
        cost.layouts += trace.layouts
    context.close()


class _Trace:
    """What a trace says about the functions of `tracker.js` on the page's main thread."""

    def __init__(self, raw: bytes) -> None:
        events = [event for event in json.loads(raw)["traceEvents"] if event.get("ph") == "X"]
        own = [event for event in events if "tracker.js" in _url(event)]
        self._own = [event for event in own if not any(_inside(event, other) for other in own if other is not event)]
        self.spent_ms = sum(event.get("tdur", event["dur"]) for event in self._own) / 1000
        self.long_tasks = self._count(events, lambda event: event["name"] == "RunTask" and event["dur"] > LONG_TASK_US, within=False)
        self.layouts = self._count(events, lambda event: event["name"] == "Layout", within=True)

    def _count(self, events: list[dict[str, Any]], wanted: Callable[[dict[str, Any]], bool], *, within: bool) -> int:
        found = [event for event in events if wanted(event)]
        return sum(any(_inside(event, own) if within else _inside(own, event) for own in self._own) for event in found)


def _url(event: dict[str, Any]) -> str:
    told = event.get("args", {}).get("data") or {}
    return str(told.get("url", "")) if event["name"] in ("EvaluateScript", "FunctionCall", "v8.compile") else ""


def _inside(event: dict[str, Any], outer: dict[str, Any]) -> bool:
    same = (event["pid"], event["tid"]) == (outer["pid"], outer["tid"])
    return same and outer["ts"] <= event["ts"] and event["ts"] + event["dur"] <= outer["ts"] + outer["dur"] and event["dur"] <= outer["dur"]


@contextmanager
def _site(trackers: list[Tracker]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle(self) -> None:
            with suppress(ConnectionError):  # a browser hangs up when a context is closed
                super().handle()

        def do_GET(self) -> None:
            number = self.path.strip("/").partition("/")[0]
            tracker = trackers[int(number)] if number.isdecimal() else None
            if tracker is None:
                self._say(b"", "text/plain")
            elif self.path.endswith(".js"):
                self._say(tracker.script, "text/javascript")
            else:
                self._say(_page(tracker, f"/{number}/tracker.js").encode(), "text/html; charset=utf-8")

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            self._say(b'{"success":true}', "application/json")

        def _say(self, body: bytes, kind: str) -> None:
            self.send_response(200)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _page(tracker: Tracker, file: str) -> str:
    watch = (
        "<script>let early = 0, parsed = false; addEventListener('DOMContentLoaded', () => { parsed = true });"
        "const send = fetch; window.fetch = (...a) => { early += !parsed; return send(...a) };"
        "const dirty = () => { document.body.style.paddingTop = Math.random() + 'px' };"
        "const pause = () => new Promise((done) => setTimeout(done, 20)); const links = document.links;</script>"
    )
    script = tracker.tag.replace("{file}", file)
    return f"<!doctype html><title>bench</title>{watch}{script}<body>{BODY}"
