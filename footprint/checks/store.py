"""ClickHouse: whether it answers, its schema, what it keeps and for how long, and whom it has still to forget."""

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from footprint.parts.connections import resolve_store
from footprint.settings import Settings
from schemas.errors import Misconfigured
from sinks.clickhouse import migrations
from sinks.clickhouse.client import StoreClient
from sinks.clickhouse.retention import DEFINITION

CLOCK_OFF_S = 2.0
PENDING_S = 3600.0
"""An erasure that has been open for so long was interrupted."""
ROWS_KEPT = re.compile(r"TTL toDateTime\(received_at\) \+ toIntervalDay\((\d+)\)")
AUDIT_KEPT = re.compile(r"TTL toDateTime\(at\) \+ toIntervalDay\((\d+)\)")
CONTACT_KEPT = re.compile(r"`ip` String TTL toDateTime\(received_at\) \+ toIntervalDay\((\d+)\)")
OPEN = (
    "SELECT countIf(status = 'pending'), minIf(requested_at, status = 'pending'), countIf(status = 'done'), max(kafka_until) FROM erasures"
)


def reached(settings: Settings) -> str:
    """Return where the store is and its version."""
    with _client(settings) as client:
        return f"{resolve_store(settings, user='pipeline').url}, ClickHouse {client.rows('SELECT version()')[0][0]}"


def schema(settings: Settings) -> str:
    """Return the schema's version; raises Misconfigured unless it is this program's."""
    connection = resolve_store(settings, user="pipeline")
    migrations.check(connection)
    applied = max(one.number for one in migrations.status(connection))
    return f"version {applied}, the newest of footprint {version('footprint')}"


def clock(settings: Settings) -> str:
    """Return how far the store's clock is from ours; raises Misconfigured beyond two seconds."""
    with _client(settings) as client:
        before = time.time()
        theirs = int(client.rows("SELECT toUnixTimestamp64Milli(now64(3))")[0][0]) / 1000
        return clock_offset(theirs - (before + time.time()) / 2)


def clock_offset(off_s: float) -> str:
    """Return how far the store's clock is from ours; raises Misconfigured beyond two seconds."""
    if abs(off_s) > CLOCK_OFF_S:
        raise Misconfigured(f"The store's clock is {off_s:+.1f} s off. Synchronise the clocks of both machines (NTP).")
    return f"the store's clock is {off_s:+.1f} s off"


def retention(settings: Settings) -> str:
    """Return for how long the store keeps what; raises Misconfigured where that is not what the settings say."""
    with _client(settings) as client:
        defined = {
            table: str(client.rows(DEFINITION, {"table": table, "home": client.home})[0][0])
            for table in ("events_raw", "rejected_raw", "audit_raw")
        }
    wanted = {
        "events": settings.retention_events_days,
        "addresses and user agents": settings.retention_contact_days,
        "rejected": settings.retention_rejected_days,
        "audit": settings.retention_audit_days,
    }
    return judged_retention(days_in_force(defined), wanted)


def days_in_force(defined: Mapping[str, str]) -> dict[str, int]:
    """Return the days that the definitions of the tables give; 0: for ever."""
    events, rejected = defined["events_raw"], defined["rejected_raw"]
    return {
        "events": _days(ROWS_KEPT, events.partition("ORDER BY")[2]),
        "addresses and user agents": _days(CONTACT_KEPT, events),
        "rejected": _days(ROWS_KEPT, rejected.partition("ORDER BY")[2]),
        "audit": _days(AUDIT_KEPT, defined["audit_raw"].partition("ORDER BY")[2]),
    }


def _days(pattern: re.Pattern[str], text: str) -> int:
    found = pattern.search(text)
    return int(found[1]) if found else 0


def judged_retention(in_force: Mapping[str, int], wanted: Mapping[str, int]) -> str:
    """Return what is in force; raises Misconfigured where the settings say otherwise."""
    for name, days in wanted.items():
        if in_force[name] != days:
            raise Misconfigured(f"The store keeps {name} {_told(in_force[name])}, the settings say {_told(days)}. Run `footprint migrate`.")
    return ", ".join(f"{name} {_told(days)}" for name, days in in_force.items()) + "; sessions and scores for ever"


def _told(days: int) -> str:
    return f"{days} days" if days else "for ever"


def erasures(settings: Settings) -> str:
    """Return how many erasures are open and done; raises Misconfigured when one was left unfinished."""
    with _client(settings) as client:
        return judged_erasures(client.rows(OPEN)[0], time.time())


def judged_erasures(found: Sequence[Any], now_s: float) -> str:
    """Judge open erasures: their number, the oldest one's time, those that are done, and when the last copy in Kafka is gone."""
    pending, oldest, done, until = found
    if pending and now_s - _utc(oldest).timestamp() > PENDING_S:
        raise Misconfigured(
            f"{pending} erasure{'s' * (pending != 1)} unfinished, the oldest of {_utc(oldest):%Y-%m-%d %H:%M} UTC. "
            "Run `footprint customer forget` for that customer again: it goes on where it stopped."
        )
    last = f", copies in Kafka gone by {_utc(until):%Y-%m-%d}" if done and _utc(until).timestamp() > now_s else ""
    return f"{pending} open, {done} done{last}"


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


@contextmanager
def _client(settings: Settings) -> Iterator[StoreClient]:
    client = StoreClient(resolve_store(settings, user="pipeline"))
    try:
        yield client
    finally:
        client.close()
