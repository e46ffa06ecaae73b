"""Rollups by day: marked days counted from the events. Whatever is not counted yet, the views count when they are asked."""

from sinks.clickhouse.client import StoreClient

SETTLE_S = 150.0
"""A day rests so long after its last mark: longer than an insert may take, so that what marked it can be read."""
AT_ONCE = 100
"""Days that one round counts."""

STALE = """
SELECT site, day FROM rollup_states
WHERE NOT good AND marked < toUnixTimestamp64Milli(now64(3)) - {settle_ms:UInt64}
ORDER BY day DESC LIMIT {limit:UInt32}
"""
NOW = "SELECT toUnixTimestamp64Milli(now64(3))"
PAGES = """
INSERT INTO page_daily_raw (site, day, url_host, url_path, traffic, page_views, visitors, sessions, engaged_ms, version)
SELECT site, day, url_host, url_path, traffic, page_views, visitors, sessions, engaged_ms, {version:UInt64}
FROM counted_pages WHERE site = {site:String} AND day = {day:Date}
"""
CAMPAIGNS = """
INSERT INTO campaign_daily_raw (site, day, channel, utm_source, utm_medium, utm_campaign, traffic, sessions, visitors, engaged_sessions, value, version)
SELECT site, day, channel, utm_source, utm_medium, utm_campaign, traffic, sessions, visitors, engaged_sessions, value, {version:UInt64}
FROM counted_campaigns(site = {site:String}, day = {day:Date})
"""
COUNTED = "INSERT INTO rollup_days (site, day, version) SELECT {site:String}, {day:Date}, {version:UInt64}"
AHEAD_MS = 3_600_000
"""An erasure marks its days so far ahead: until it is over they are counted from what is left."""
DAYS_OF = {"events_by_time_raw": "event_time", "sessions_by_time_raw": "started_at"}
"""Tables whose rows the rollups count, and the column that says on which day."""


def marking(table: str, condition: str) -> str:
    """Return the statement that marks the days of a table's rows ahead of their erasure; empty for a table that no rollup counts."""
    if table not in DAYS_OF:
        return ""
    version = f"toUnixTimestamp64Milli(now64(3)) + {AHEAD_MS}"
    return f"INSERT INTO rollup_marks SELECT DISTINCT site, toDate({DAYS_OF[table]}), {version} FROM {table} WHERE {condition}"  # noqa: S608 - names of ours


def refresh(client: StoreClient, *, settle_s: float = SETTLE_S, limit: int = AT_ONCE) -> int:
    """Count the days that changed, newest first; returns how many. Killed at any moment, it has changed nothing that is shown."""
    days = client.rows(STALE, {"settle_ms": int(settle_s * 1000), "limit": limit})
    for site, day in days:
        named = {"site": site, "day": day.isoformat(), "version": client.rows(NOW)[0][0]}
        for statement in (PAGES, CAMPAIGNS, COUNTED):
            client.command(statement, named)
    return len(days)
