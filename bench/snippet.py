"""What the snippet costs a page: traced in Chromium beside other trackers' npm builds, in turn, in the same run.

Method: a page of 200 paragraphs and links on a host with a name, as sites have; each tracker in a browser context of its own, ROUNDS rounds in turn. The page drives
itself, and nothing but the trace looks at it: a debugger attached (Playwright's `page`) makes each request and timer also record a stack. Times are CPU time of the
main thread inside the tracker's own file: another program that takes the processor adds nothing, and nothing is subtracted.

Loading is compiling and running the file and all that it does until LOADED_MS; the first sending is what it does from there until SENT_MS. An event is all that it does from
one call, or one click on a link, to the next; before each the layout is made dirty. The median is what one costs, the mean has the sending of the batches in it.
At last the page loses its focus with a dirty layout, which flushes engagement. Promises (exit 1): no task of 50 ms in which the tracker ran, no layout forced inside
its functions, no request before DOMContentLoaded. Times are shown beside what they must be, and break nothing.
"""

import gzip
import json
import os
import statistics
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from bench.peers import PEERS, built
from bench.report import Report
from tests.support.browser import launched

DIST = Path(__file__).parents[1] / "js-snippet" / "dist"
HOST = "shop.localhost"
ROUNDS = 7
CALLS = 50
CLICKS = 20
LOADED_MS = 500
SENT_MS = 2500
DONE_S = 60
LONG_TASK_US = 50_000
STUB = "<script>window.footprint=window.footprint||function(){(footprint.q=footprint.q||[]).push(arguments)}</script>"
OWN_TAG = STUB + '<script defer src="{file}" data-key="KEY" data-collector=""></script>'
OWN_CALL = b";window.trackOne=()=>footprint('track','one',{n:'1'});"
BODY = "".join(f'<p>Paragraph {n} of some length <a href="#p{n}">link {n}</a></p>' for n in range(200))
CATEGORIES = ["devtools.timeline", "blink.user_timing", "disabled-by-default-v8.compile", "toplevel"]
MUST = ("must be at most", "4096", "5", "", "0.3", "", "0.3", "", "0", "0", "0")
COLUMNS = ["tracker", "gzip -9", "load ms", "first sending ms", "call ms", "call mean", "click ms", "click mean"]
COUNTS = ["long tasks", "forced layouts", "early requests"]


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
    send: list[float] = field(default_factory=list)
    calls: list[float] = field(default_factory=list)
    clicks: list[float] = field(default_factory=list)
    long_tasks: int = 0
    layouts: int = 0
    early: int = 0


def run() -> bool:
    """Measure, print and write the table; True when the snippet kept its promises."""
    own = [Tracker(f"footprint {name}", (DIST / name).read_bytes() + OWN_CALL, OWN_TAG) for name in ("fp.js", "fp.full.js")]
    trackers = [*own, *(Tracker(peer.name, built(peer), peer.tag) for peer in PEERS)]
    costs = {tracker.name: Costs() for tracker in trackers}
    with launched() as browser, _site(trackers) as site:
        for number in range(ROUNDS + 1):  # the first warms the browser up and does not count
            for turn in range(len(trackers)):  # another one is the first in each round: it finds the browser cold
                index = (number + turn) % len(trackers)
                _measure(browser, site, index, costs[trackers[index].name] if number else Costs())
    _report(trackers, costs)
    return all(not (costs[one.name].long_tasks or costs[one.name].layouts or costs[one.name].early) for one in own)


def _report(trackers: list[Tracker], costs: dict[str, Costs]) -> None:
    report = Report("snippet", [*COLUMNS, *COUNTS])
    for tracker in trackers:
        cost = costs[tracker.name]
        size = len(gzip.compress(tracker.script.removesuffix(OWN_CALL), 9))
        median, mean = statistics.median, statistics.fmean
        values = (median(cost.load), median(cost.send), median(cost.calls), mean(cost.calls), median(cost.clicks), mean(cost.clicks))
        times = (f"{value:.3f}" for value in values)
        report.row(tracker.name, str(size), *times, str(cost.long_tasks), str(cost.layouts), str(cost.early))
    report.row(*MUST)
    report.note(
        f"CPU time of the main thread, {ROUNDS} rounds in turn, {CALLS} calls and {CLICKS} clicks a round; the others send while they load."
    )
    report.note(
        "Load average of the machine over the run: " + ", ".join(f"{load:.1f}" for load in os.getloadavg()) + " (1, 5, 15 minutes)."
    )
    report.note("Sizes of the others are of esbuild's bundle; fp.full.js may be 6144 bytes.")
    report.finish()


def _measure(browser: Browser, site: "_Site", index: int, cost: Costs) -> None:
    chromium = browser.new_browser_cdp_session()
    context = chromium.send("Target.createBrowserContext")["browserContextId"]
    site.done.clear()
    browser.start_tracing(categories=CATEGORIES)
    chromium.send("Target.createTarget", {"url": f"{site.address}/{index}", "browserContextId": context})
    if not site.done.wait(DONE_S):
        raise RuntimeError(f"The page of tracker {index} did not come to its end. Open bench/snippet.py's page in a browser and look why.")
    trace = _Trace(browser.stop_tracing())
    chromium.send("Target.disposeBrowserContext", {"browserContextId": context})
    chromium.detach()
    cost.early += site.early
    cost.load += trace.spent_ms("load", "loaded")
    cost.send += trace.spent_ms("loaded", "sent")
    cost.calls += trace.spent_ms("call", "called")
    cost.clicks += trace.spent_ms("click", "clicked")
    cost.long_tasks += trace.long_tasks
    cost.layouts += trace.layouts


class _Trace:
    """What a trace says about the functions of `tracker.js` on the page's main thread, between the marks that the page set."""

    def __init__(self, raw: bytes) -> None:
        events = json.loads(raw)["traceEvents"]
        self._marks = sorted((event["ts"], event["name"]) for event in events if event.get("cat") == "blink.user_timing")
        spans = [event for event in events if event.get("ph") == "X"]
        own = [event for event in spans if "tracker.js" in _url(event)]
        self._own = [event for event in own if not any(_inside(event, other) for other in own if other is not event)]
        self.long_tasks = sum(any(_inside(event, task) for event in self._own) for task in spans if _is_long(task))
        self.layouts = sum(any(_inside(layout, event) for event in self._own) for layout in spans if layout["name"] == "Layout")

    def spent_ms(self, begin: str, end: str) -> list[float]:
        """Return the time spent from each mark `begin` to the next mark of either name."""
        marks = [(ts, name) for ts, name in self._marks if name in (begin, end)]
        return [self._between(ts, until) / 1000 for (ts, name), (until, _) in pairwise(marks) if name == begin]

    def _between(self, begin: float, end: float) -> float:
        return sum(float(event.get("tdur", event["dur"])) for event in self._own if begin <= event["ts"] < end)


def _is_long(event: dict[str, Any]) -> bool:
    return event["name"] == "ThreadControllerImpl::RunTask" and float(event.get("tdur", event["dur"])) > LONG_TASK_US


def _url(event: dict[str, Any]) -> str:
    told = event.get("args", {}).get("data") or {}
    return str(told.get("url", "")) if event["name"] in ("EvaluateScript", "FunctionCall", "v8.compile") else ""


def _inside(event: dict[str, Any], outer: dict[str, Any]) -> bool:
    same = (event["pid"], event["tid"]) == (outer["pid"], outer["tid"])
    return same and outer["ts"] <= event["ts"] and event["ts"] + event["dur"] <= outer["ts"] + outer["dur"] and event["dur"] <= outer["dur"]


@dataclass(slots=True)
class _Site:
    """The web server of the pages: `done` is set once a page has come to its end, `early` is then what it told."""

    address: str
    done: threading.Event
    early: int = 0


@contextmanager
def _site(trackers: list[Tracker]) -> Iterator[_Site]:
    site = _Site("", threading.Event())

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle(self) -> None:
            with suppress(ConnectionError):  # a browser hangs up when a context is closed
                super().handle()

        def do_GET(self) -> None:
            number, _, rest = self.path.strip("/").partition("/")
            if number == "done":
                site.early = int(rest)
                self._say(b"", "text/plain")
                site.done.set()
            elif not number.isdecimal():
                self._say(b"", "text/plain")
            elif rest:
                self._say(trackers[int(number)].script, "text/javascript")
            else:
                self._say(_page(trackers[int(number)], f"/{number}/tracker.js").encode(), "text/html; charset=utf-8")

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
    site.address = f"http://{HOST}:{server.server_port}"
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


DRIVE = f"""
let early = 0, parsed = false;
addEventListener('DOMContentLoaded', () => {{ parsed = true }});
const send = fetch;
window.fetch = (...a) => {{ early += !parsed; return send(...a) }};
const mark = (name) => performance.mark(name);
const dirty = () => {{ document.body.style.paddingTop = Math.random() + 'px' }};
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
mark('load');
setTimeout(() => mark('loaded'), {LOADED_MS});
setTimeout(async () => {{
  mark('sent');
  for (let n = 0; n < {CALLS}; n++) {{ dirty(); mark('call'); setTimeout(trackOne); await wait(20) }}
  mark('called');
  await wait(1200);
  for (let n = 0; n < {CLICKS}; n++) {{ dirty(); mark('click'); document.links[n].click(); await wait(20) }}
  mark('clicked');
  dirty();
  dispatchEvent(new Event('blur'));
  await wait(1200);
  send('/done/' + early);
}}, {SENT_MS});
"""


def _page(tracker: Tracker, file: str) -> str:
    script = tracker.tag.replace("{file}", file)
    return f"<!doctype html><title>bench</title><script>{DRIVE}</script>{script}<body>{BODY}"
