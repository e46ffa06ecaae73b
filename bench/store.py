"""What the store costs: CPU per event on its way in, milliseconds per question, bytes per event, seconds until an event is visible.

Method: a real local Kafka and the local ClickHouse. The topic is filled first, then one sink runs until everything is committed: its CPU and the
engine's, merges included until nothing is left to merge. The yardstick is the same bytes, in batches of the same size, by INSERT FORMAT JSONEachRow
straight into a table with the columns and the order of `events_raw` that nothing hangs on. Both are done in turn; medians are shown. Then the
store is filled with a million events over 90 days, with their sessions, links and scores, its days but today's are counted ahead, and it is asked.

With another SIZE in the environment (SIZE=10000000) the store is filled with so many and asked, nothing else, and the report is called after it. The
quarters that are over are merged into one part each before, as they are an hour after their last event. Fifty million (SIZE=50000000) have musts of their
own; they should take five times what ten million take: about an hour on a quiet machine, and up to 15 GB of disk while parts are merged.
With FILLED=FOLDER beside it the filled store stays there for the next bench of that size.
"""

import asyncio
import os
import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from aiokafka import AIOKafkaProducer

from bench.report import Report
from bench.store_fill import filled_line, put
from bench.store_line import PARTITIONS, StoreLine, publish, store_line, wire_lines
from bench.store_rows import DAYS, SITE, Shop
from schemas.topics import TRACKED
from sinks.clickhouse.client import StoreClient
from sinks.clickhouse.cookbook import bind, find_recipe
from sinks.core.planning import Limits

USUAL = 1_000_000
LARGE = 50_000_000
"""From so many events on, the musts are those of fifty millions."""
SIZE = int(float(os.environ.get("SIZE", str(USUAL))))
A_ROUND = 160_000
"""Two full batches of each partition: a backlog, as after an outage."""
ROUNDS = 3
ASKED = 7
PATIENCE_S = 20
"""A question that has taken so long altogether is not asked again."""
FRESH_RATE, FRESH_S = 200, 15
PLAIN = "CREATE TABLE plain AS events_raw ENGINE = MergeTree ORDER BY (site, actor, event_time, event_id)"
PLAIN_SETTINGS = " SETTINGS default_compression_codec = 'LZ4'"
TABLES = """
SELECT table, sum(rows), sum(bytes_on_disk) FROM system.parts
WHERE active AND database = currentDatabase() AND table != 'plain'
GROUP BY table ORDER BY sum(bytes_on_disk) DESC
"""
SOMEBODY = """
SELECT customer_id FROM (SELECT customer_id, count() AS events FROM events_raw WHERE customer_id != '' GROUP BY customer_id ORDER BY abs(events - 50) LIMIT 1)
"""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and what the answer may take at 10 M events, and at 50 M."""

    name: str
    sql: str
    parameters: Mapping[str, str]
    must: str = ""
    must_large: str = ""


def questions(client: StoreClient, now: datetime) -> list[Question]:
    """Return the questions, about a customer with about fifty events."""
    who = {"site": SITE, "customer": client.rows(SOMEBODY)[0][0]}
    pages, funnel = find_recipe("top_pages"), find_recipe("funnel")
    week = {"site": SITE, "from": (now - timedelta(days=7)).isoformat(), "to": now.isoformat()}
    full = {**week, "to": (now - timedelta(days=1)).isoformat()}
    daily = (
        "SELECT day, sum(sessions) FROM campaign_daily WHERE site = {site:String} AND traffic = 'human' AND day > today() - 30 GROUP BY day"
    )
    each = "SELECT toDate(started_at) AS day, count() FROM sessions_human WHERE site = {site:String} AND started_at >= now() - INTERVAL 30 DAY GROUP BY day"
    return [
        Question("timeline", "SELECT * FROM timeline(site = {site:String}, customer = {customer:String})", who, "<= 30 ms", "<= 60 ms CPU"),
        Question("customer's row", "SELECT * FROM customer(site = {site:String}, customer = {customer:String})", who, "<= 30 ms"),
        Question(
            "the same through `customers`", "SELECT * FROM customers WHERE site = {site:String} AND customer_id = {customer:String}", who
        ),
        Question("top pages, 7 days, today's counted when asked", pages.sql, bind(pages, week, now), "<= 300 ms"),
        Question("top pages of the days that are over", pages.sql, bind(pages, full, now), "", "<= 100 ms"),
        Question("funnel of 3 steps, 30 days", funnel.sql, bind(funnel, {"site": SITE, "to": now.isoformat()}, now), "<= 500 ms"),
        Question("funnel of 3 steps, 7 days", funnel.sql, bind(funnel, week, now), "", "<= 300 ms"),
        Question("sessions a day, 30 days", daily, {"site": SITE}, "", "<= 200 ms"),
        Question("the same, session by session", each, {"site": SITE}),
    ]


def way_in(line: StoreLine, report: Report) -> None:
    """Measure the sink and the plain insert in turn."""
    shop = Shop(A_ROUND * ROUNDS, int(time.time() * 1000) - DAYS * 86_400_000)
    line.client.command(PLAIN + PLAIN_SETTINGS)
    sinks, plains, rates, size, inserts = [], [], [], 0.0, 0.0
    for round_ in range(ROUNDS):
        lines = wire_lines(line.client, shop, round_ * A_ROUND, (round_ + 1) * A_ROUND)
        size = sum(map(len, lines)) / len(lines)
        plains.append(_plain(line, lines))
        asyncio.run(publish(line.kafka, lines))
        line.merged()
        before = line.engine_cpu()
        told = line.sink(A_ROUND)
        line.merged()
        sinks.append((told["cpu_s"] * 1e6 / A_ROUND, (line.engine_cpu() - before) * 1e6 / A_ROUND))
        rates.append(A_ROUND / told["took_s"])
        inserts += told["inserts"]
    stored = line.client.rows("SELECT count() FROM events")[0][0]
    both, plain = statistics.median(map(sum, sinks)), statistics.median(plains)
    python, engine = (statistics.median(one) for one in zip(*sinks, strict=True))
    report.row("sink, CPU per event", f"{both:.1f} us ({python:.1f} sink, {engine:.1f} engine)", "<= 25 us")
    report.row("plain insert of the same bytes, CPU per event", f"{plain:.1f} us", "")
    report.row("sink / plain insert", f"{both / plain:.2f}", "<= 2.0")
    report.row("sink, events/s", f"{statistics.median(rates):,.0f}", ">= 40,000 on a quiet core")
    report.note(
        f"Way in: {stored:,} of {A_ROUND * ROUNDS:,} events stored, {size:,.0f} bytes of JSON each without what is empty, {stored / inserts:,.0f} rows an insert."
    )


def _plain(line: StoreLine, lines: list[bytes]) -> float:
    line.merged()
    before, own = line.engine_cpu(), time.process_time()
    for at in range(0, len(lines), Limits().rows):
        line.client.insert("plain", b"\n".join(lines[at : at + Limits().rows]))
    own = time.process_time() - own
    line.merged()
    return (line.engine_cpu() - before + own) * 1e6 / len(lines)


def asked(line: StoreLine, report: Report) -> None:
    """Ask every question some times."""
    now = datetime.now(UTC)
    for question in questions(line.client, now):
        walls: list[float] = []
        before = line.engine_cpu()
        while len(walls) < ASKED and sum(walls) < PATIENCE_S * 1000:
            began = time.perf_counter()
            line.client.rows(question.sql + " SETTINGS use_query_condition_cache = 0", question.parameters)
            walls.append((time.perf_counter() - began) * 1000)
        cpu = (line.engine_cpu() - before) * 1000 / len(walls)
        report.row(
            f"{question.name}",
            f"{statistics.median(walls):.0f} ms, best {min(walls):.0f} ({cpu:.0f} ms CPU)",
            question.must_large if SIZE >= LARGE else question.must,
        )


def on_disk(line: StoreLine, report: Report) -> None:
    """Weigh every table."""
    rows = line.client.rows(TABLES)
    report.row("on disk, all tables, per event", f"{sum(row[2] for row in rows) / SIZE:.0f} bytes", "<= 180 bytes")
    report.note(
        "Bytes per event by table: " + ", ".join(f"{name} {size / SIZE:.1f}" for name, _, size in rows if size / SIZE >= 0.05) + "."
    )


async def freshness(line: StoreLine) -> list[float]:
    """Write events at a steady rate; return for each how many seconds it took until it could be read."""
    sent: list[float] = []
    visible: list[float] = []
    producer = AIOKafkaProducer(bootstrap_servers=line.kafka.bootstrap)
    await producer.start()
    watching = asyncio.create_task(_watch(line, sent, visible))
    began = time.perf_counter()
    for number in range(FRESH_RATE * FRESH_S):
        await asyncio.sleep(max(0.0, began + number / FRESH_RATE - time.perf_counter()))
        now = int(time.time() * 1000)
        value = f'{{"event_id":"f{number}","site":"fresh","visitor_id":"v{number % 50}","kind":"page_view","event_time":{now},"sent_at":{now},"received_at":{now}}}'
        sent.append(time.perf_counter())
        await producer.send(TRACKED.name, value.encode(), partition=number % PARTITIONS)
    await asyncio.wait_for(watching, 60)
    await producer.stop()
    return [seen - at for seen, at in zip(visible, sent, strict=True)]


async def _watch(line: StoreLine, sent: list[float], visible: list[float]) -> None:
    while len(visible) < FRESH_RATE * FRESH_S:
        count = (await asyncio.to_thread(line.client.rows, "SELECT count() FROM events_raw WHERE site = 'fresh'"))[0][0]
        visible += [time.perf_counter()] * (count - len(visible))
        await asyncio.sleep(0.05)
    assert len(sent) == len(visible)


def fresh(line: StoreLine, report: Report) -> None:
    """Measure freshness with a sink that follows."""
    sink = line.following()
    try:
        waited = sorted(asyncio.run(freshness(line)))
    finally:
        sink.terminate()
        sink.wait(20)
    p50, p99 = waited[len(waited) // 2], waited[int(len(waited) * 0.99)]
    report.row(f"visible after, at {FRESH_RATE} events/s, p50 / p99", f"{p50:.2f} / {p99:.2f} s", "<= 1.5 / 3 s")
    report.note(
        "Visible: from the tracked topic to a query of the table; collector and streams stand before it and are measured by their own parts."
    )


def run() -> bool:
    """Measure, print and record; return False when an event is missing."""
    usual = SIZE == USUAL
    report = Report(
        "store" if usual else f"store-{SIZE / 1e6:g}m",
        ["", "measured", f"must (questions and disk: at {50 if SIZE >= LARGE else 10} M; here {SIZE:,} events)"],
    )
    report.note(f"Load average at the start: {os.getloadavg()[0]:.1f}.")
    with store_line() if usual else filled_line(SIZE) as line:
        if usual:
            way_in(line, report)
            fresh(line, report)
            for (table,) in line.client.rows(
                "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'"
            ):
                if table != "schema_versions":
                    line.client.command(f"TRUNCATE TABLE {table}")
            put(line, Shop(SIZE, int(time.time() * 1000) - DAYS * 86_400_000))
        report.note(f"Load average when asked: {os.getloadavg()[0]:.1f}.")
        asked(line, report)
        on_disk(line, report)
        stored = line.client.rows("SELECT uniqExact(event_id) FROM events_raw WHERE message_id = ''")[0][0]
    report.finish()
    return stored == SIZE
