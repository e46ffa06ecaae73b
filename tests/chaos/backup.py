"""A line loses its store: restored from a backup taken while it ran, and started again, every table is what it was."""

import shutil
import tempfile
import time
from pathlib import Path

from bench.report import Report
from footprint.backup.run import create, restore
from footprint.demo.day import SEED, day_of
from footprint.demo.line import Line
from footprint.demo.sending import send_day
from footprint.demo.visitor import MINUTE
from footprint.demo.waiting import await_stored
from footprint.parts.connections import resolve_store
from footprint.parts.run_file import read_run
from footprint.settings import Settings
from sinks.clickhouse.client import StoreClient

FLOW = ("collector", "streams", "sink")
LEFT_OUT = "('schema_versions', 'rebuild_marks', 'rollup_marks', 'rollup_days', 'page_daily_raw', 'campaign_daily_raw', 'customers_raw')"
"""Versions say when they were applied, marks when they were made, and rollups when they were counted, from the events."""

TABLES = f"""
SELECT t.name, t.engine LIKE '%Replacing%', arrayStringConcat(groupArray(c.name), ', ')
FROM system.tables AS t INNER JOIN system.columns AS c ON c.database = t.database AND c.table = t.name
WHERE t.database = currentDatabase() AND t.engine LIKE '%MergeTree' AND t.name NOT IN {LEFT_OUT} AND c.name != 'stored_at'
GROUP BY ALL ORDER BY t.name
"""


def run() -> bool:
    """Lose the store once, print and record; False when a table differs."""
    report = Report("chaos-backup", ["table", "rows before", "rows after", "the same"])
    with tempfile.TemporaryDirectory() as folder:
        before, after, again = _lose_the_store(Path(folder))
    for table in sorted(before):
        report.row(table, str(before[table][0]), str(after[table][0]), "yes" if before[table] == after[table] else "NO")
    report.note(f"Backed up in the middle of the demo day, restored after its end: {again} records came again from Kafka.")
    report.note("The same: equal count and equal sum of row hashes, after FINAL.")
    report.finish()
    return before == after


def _lose_the_store(folder: Path) -> tuple[dict, dict, int]:
    settings, now = Settings(data_dir=folder / "data"), time.time_ns() // 1_000_000
    posts = day_of(SEED, now - now % MINUTE)
    half = len(posts) // 2
    with Line(folder, session_update_s="1") as line:
        collector = read_run(line.data_dir).collector
        sent = send_day(posts[:half], collector, "demo")
        create(settings, name="half")
        sent += send_day(posts[half:], collector, "demo")
        before = _facts(settings, sent)
    shutil.rmtree(settings.data_dir / "clickhouse")
    restored = restore(settings, "half")
    with Line(folder, session_update_s="1"):
        after = _facts(settings, sent)
    return before, after, restored.again


def _facts(settings: Settings, events: int) -> dict:
    client = StoreClient(resolve_store(settings, user="pipeline"))
    flow = {name: url for name, url in read_run(settings.data_dir).health.items() if name.startswith(FLOW)}
    await_stored(client, site="demo", events=events, health=flow)
    found = {}
    for table, replacing, columns in client.rows(TABLES):
        sql = f"SELECT count(), sum(cityHash64({columns})) FROM {table} {'FINAL' if replacing else ''}"
        found[table] = tuple(client.rows(sql)[0])
    client.close()
    return found
