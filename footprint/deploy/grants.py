"""What each part may do in ClickHouse, and no more: one user for each part.

Views of the schema read with the rights of whoever asks, materialized views write with those of whoever made them
(ClickHouse's defaults): so who inserts needs the tables that the insert names and nothing behind them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from footprint.backup.engine import OPENED
from sinks.clickhouse.figures import LOOKED_AT
from sinks.clickhouse.layouts import DEDUP_WINDOW
from sinks.core.feeds import FEEDS
from sinks.core.persons import CARRIERS
from sinks.core.shards import layout_of

EVERY = "*"
APPLIED = "schema_versions"
"""Where the library of migrations keeps which are applied: each part compares it with its own at the start."""
REBUILT = ("events_raw", "ingest_sessions", "rebuild_assignments", "rebuild_marks")
"""What a rebuild of sessions writes."""
COUNTED = ("campaign_daily_raw", "customers_raw", "page_daily_raw", "rollup_days", "rollup_marks", "seen_customers")
"""What the count of days and customers writes, and the marks of what is to be counted."""
SCHEMA = ("ALTER TABLE", "ALTER VIEW", "CREATE", "DROP", "INSERT", "SELECT")
"""What the migrations do; INSERT and SELECT are also those of the materialized views, which work with the rights of their maker."""
ON_SHARDS = ("CLUSTER", "REMOTE")
"""What statements on all shards need, and the tables over them."""
OPENING = ("CREATE DATABASE", "DROP DATABASE", "SHOW")
"""A backup is opened once, as a database of its own, to see that it can be."""
HASH = "SHA256_OF_THE_PASSWORD"
"""Stands where the hash of a password must be put in: nobody is given a password that stands in a program."""


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """Privileges on one table of the database, `*`: on all of them, and on those to come."""

    table: str
    privileges: tuple[str, ...]


def rights() -> Mapping[str, tuple[Grant, ...]]:
    """Return the rights of each part that talks to the store."""
    reading = Grant(EVERY, ("SELECT",))
    rebuilding = (*_each(("INSERT",), (*REBUILT, *COUNTED)), Grant("rebuild_assignments", ("ALTER DELETE",)))
    return {
        "sink": (*_each(("INSERT",), (feed.table for feed in FEEDS)), Grant(APPLIED, ("SELECT",))),
        "rebuild": (reading, *rebuilding),
        "analyst": (reading,),
        "operator": (reading, *_erasing(), *rebuilding, Grant(EVERY, ("BACKUP",))),
        "migrate": (Grant(EVERY, SCHEMA),),
    }


def _erasing() -> Iterable[Grant]:
    yield from _each(("ALTER DELETE",), (carrier.table for carrier in CARRIERS if not carrier.emptied))
    yield from _each(("ALTER UPDATE",), (carrier.table for carrier in CARRIERS if carrier.emptied))
    yield Grant("erasures_raw", ("INSERT", "OPTIMIZE"))


def _each(privileges: tuple[str, ...], tables: Iterable[str]) -> tuple[Grant, ...]:
    return tuple(Grant(table, privileges) for table in sorted(set(tables)))


def statements(database: str, *, cluster: str = "") -> list[str]:
    """Return the SQL that makes the users and gives them their rights, for one node or on all nodes of a cluster."""
    everywhere = f" ON CLUSTER `{cluster}`" if cluster else ""
    lines = [f"-- Put the SHA-256 of each password in place of {HASH}: printf %s PASSWORD | sha256sum"]
    for part, granted in values(database, cluster=cluster).items():
        limits = " SETTINGS readonly = 2" if part == user_of("analyst") else ""
        lines += ["", f"CREATE USER IF NOT EXISTS {part}{everywhere} IDENTIFIED WITH sha256_hash BY '{HASH}'{limits};"]
        lines += [f"GRANT{everywhere} {grant.removeprefix('GRANT ')} TO {part};" for grant in granted]
    return lines


def values(database: str, *, cluster: str = "") -> dict[str, list[str]]:
    """Return the grants by user, as they stand in a server's users file: without whom they are given to."""
    home = layout_of(database, DEDUP_WINDOW, cluster).home
    databases = sorted({database, home})
    found = {
        user_of(part): [
            f"GRANT {', '.join(grant.privileges)} ON `{name}`.{grant.table}" for name in databases for grant in sorted(set(granted))
        ]
        for part, granted in rights().items()
    }
    found[user_of("rebuild")] += [f"GRANT SELECT ON system.{table}" for table in LOOKED_AT]
    found[user_of("operator")].append(f"GRANT {', '.join(OPENING)} ON {database}{OPENED}*.*")
    if cluster:
        found[user_of("migrate")].append(f"GRANT {', '.join(ON_SHARDS)} ON *.*")
        found[user_of("operator")].append("GRANT CLUSTER ON *.*")
    return found


def user_of(part: str) -> str:
    """Return the name of a part's user, in ClickHouse."""
    return f"footprint_{part}"
