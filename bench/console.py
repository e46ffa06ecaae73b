"""How long the console's server takes for every page, with ten million events in the store, and what the bare questions of that page take.

Method: the store of `bench.store_fill`, filled through the ingest tables with a shop's events of 90 days, its sessions, scores and links, and letters to every customer. The console runs in this process
over HTTP to that store (not as the analyst, who may switch no cache off); a page is asked for through its ASGI door, so what is measured is all that the server does: session, role, questions, template. Each page is asked for
ROUNDS times, its bare questions (the same statements and parameters, at the same time where the page does so) as often, in turns. The engine's cache of conditions is off. CPU is that of the engine.

SIZE=1000000 is enough for a look. FILLED=FOLDER keeps the filled store for the next run.
"""

import asyncio
import os
import re
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import httpx2

from bench.report import Report
from bench.store import SOMEBODY
from bench.store_fill import filled_line
from bench.store_line import StoreLine
from bench.store_rows import SITE
from console.app import create_app
from console.clickhouse import ClickHouseStore
from console.core.accounts import User
from console.core.sessions import Session, SessionCookies
from console.desk import Outside
from console.pages import PAGES
from console.ports import PartHealth, Row
from console.seats import COOKIE

SIZE = int(float(os.environ.get("SIZE", "10_000_000")))
ROUNDS = 20
KEY = "a key of the bench"
UNCACHED = " SETTINGS use_query_condition_cache = 0"
HAS_SETTINGS = re.compile(r"\bSETTINGS\b[^()]*\Z")
GIVEN = {
    "{site}": SITE,
    "{name}": "overview_sessions",
    "{reason}": "no_id",
    "campaigns/letters": "campaigns/letters?campaign=campaign-3",
}
FILES = ("customers.csv",)
"""What is no page: a file of up to a hundred thousand rows, in parts. It is not asked for."""
LONG = ("overview", "journeys", "campaigns", "signals", "quality")
"""Pages that are asked for ninety days too: no must, for everybody to see."""


@dataclass
class Asked:
    """The store as the console sees it, which remembers what it was asked, and when it answered."""

    store: ClickHouseStore
    statements: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)
    under_way: int = 0
    side_by_side: bool = False

    async def ask(self, sql: str, parameters: Mapping[str, str]) -> Sequence[Row]:
        """Remember and ask."""
        self.statements.append((sql, parameters))
        self.under_way += 1
        self.side_by_side = self.side_by_side or self.under_way > 1
        try:
            return await self.store.ask(sql + ("" if HAS_SETTINGS.search(sql) else UNCACHED), parameters)
        finally:
            self.under_way -= 1


class Alone:
    """No parts: they are asked over the network, which is not measured here."""

    async def health(self) -> Sequence[PartHealth]:
        """Return one part that is well."""
        return [PartHealth("collector", ready=True, lag=None, note="")]


class Everybody:
    """One user, who may see everything."""

    def find(self, name: str) -> User:
        """Return that user."""
        return User(name, "", {"*": "admin"}, 1, 0)


@dataclass(frozen=True, slots=True)
class Timed:
    """What a page took: wall milliseconds of each round, of its bare questions, the engine's CPU milliseconds a page, and its bytes."""

    page: Sequence[float]
    bare: Sequence[float]
    cpu: float
    size: int
    questions: int


def paths(customer: str) -> list[str]:
    """Return the path of every page that is read, with somebody and something in the places that ask for them; pages of one task or file are left out."""
    found = dict.fromkeys(
        route.path.removeprefix("/s/{site}/") for route in (over(None) for over in PAGES) if "GET" in (route.methods or ())
    )
    given = {**GIVEN, "{customer:path}": customer}
    return [path for path in (_filled(path, given) for path in found) if "{" not in path and path not in FILES]


def _filled(path: str, given: Mapping[str, str]) -> str:
    for name, value in given.items():
        path = path.replace(name, value) if name.startswith("{") else value if path == name else path
    return path + "?until=2100-01-01" if path.startswith("earlier/") else path


async def measure(line: StoreLine, store: Asked, client: httpx2.AsyncClient, path: str, rounds: int) -> Timed:
    """Ask for a page and its bare questions in turns."""
    walls, bares, spent, size = [], [], 0.0, 0
    statements: list[tuple[str, Mapping[str, str]]] = []
    for _ in range(rounds):
        store.statements, store.side_by_side = [], False
        before, began = line.engine_cpu(), time.perf_counter()
        answer = await client.get(f"/s/{SITE}/{path}")
        walls.append((time.perf_counter() - began) * 1000)
        spent += line.engine_cpu() - before
        if answer.status_code != 200:
            raise SystemExit(f"{path} answered {answer.status_code}: {re.sub('<[^>]+>', ' ', answer.text)[-600:]}")
        size, statements, together = len(answer.content), list(store.statements), store.side_by_side
        began = time.perf_counter()
        if together:
            await asyncio.gather(*(store.ask(*one) for one in statements))
        else:
            for one in statements:
                await store.ask(*one)
        bares.append((time.perf_counter() - began) * 1000)
    return Timed(walls, bares, spent * 1000 / rounds, size, len(statements))


def show(report: Report, name: str, took: Timed, must: str) -> None:
    """Add a row."""
    page, bare = statistics.median(took.page), statistics.median(took.bare)
    report.row(
        name,
        f"{page:.0f} ms",
        f"{max(took.page):.0f} ms",
        f"{bare:.0f} ms ({took.questions})",
        f"{page / bare:.2f}" if took.questions else "",
        f"{took.cpu:.0f} ms",
        f"{took.size / 1000:.0f} KB",
        must,
    )


async def asked(line: StoreLine, report: Report) -> bool:
    """Ask for every page; return whether none is too large."""
    customer = line.client.rows(SOMEBODY)[0][0]
    store = Asked(ClickHouseStore(line.store))
    app = create_app(Outside(store, Alone(), Everybody(), lambda: [SITE], [KEY], time.time))
    cookie = SessionCookies([KEY]).sign(Session("bench", int(time.time() * 1000), "token"))
    largest = 0
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://console", cookies={COOKIE: cookie}) as client:
        for path in paths(customer):
            took = await measure(line, store, client, path, ROUNDS)
            show(report, path.replace(customer, "{customer}"), took, "<= 300 ms")
            largest = max(largest, took.size)
        for path in LONG:
            show(report, f"{path}, 90 days", await measure(line, store, client, f"{path}?period=90d", ROUNDS // 4), "")
    return largest <= 300_000


def run() -> bool:
    """Measure, print and record; return False when a page is larger than it may be."""
    name = "console" if SIZE == 10_000_000 else f"console-{SIZE / 1e6:g}m"
    report = Report(name, ["page", "median", f"worst of {ROUNDS}", "bare questions", "page / bare", "engine CPU", "size", "must (median)"])
    report.note(f"Load average at the start: {os.getloadavg()[0]:.1f}.")
    with filled_line(SIZE, letters=True) as line:
        events, customers = line.client.rows("SELECT count(), uniq(customer_id) FROM events_raw")[0]
        report.note(
            f"The store holds {events:,} events, letters included, of {customers:,} customers. Load average when asked: {os.getloadavg()[0]:.1f}."
        )
        small = asyncio.run(asked(line, report))
    report.note("The number in brackets says how many questions a page asks.")
    report.finish()
    return small
