"""Forgetting a customer, from the collector's door to the disk (docs/semantics.md, section 10)."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from collector.core.suppression import entry_of
from footprint.backup.manifest import found_in
from footprint.local.secrets import secret
from footprint.parts.connections import resolve_kafka, resolve_store, secrets_folder
from footprint.settings import Settings
from footprint.suppressing import KEY_NAME, suppress
from footprint.telling import Told, tell_streams
from schemas.topics import EVENTS
from sinks.clickhouse import migrations, persons
from sinks.clickhouse.client import StoreClient
from sinks.core.persons import ACKNOWLEDGING, CARRIERS, Person
from streams.core.forgetting import forget_line

POLL_S = 1.0
STILL = 3
"""So many looks in a row must find nothing: what was under way has arrived by then."""

Tell = Callable[[str], None]


@dataclass(slots=True)
class Erasure:
    """What an erasure did. `complete` False: the streams or the sink did not follow in time; run it again."""

    who: str
    visitors: int
    complete: bool = False
    removed: dict[str, int] = field(default_factory=dict)
    """Rows by table."""
    kafka_until_ms: int = 0
    """Copies in topics that expire are gone by then."""
    backups: list[str] = field(default_factory=list)
    """Backups that hold them still; a restore would erase them again."""


def forget(settings: Settings, site: str, customer: str, *, wait_s: float, tell: Tell = lambda _: None) -> Erasure:
    """Remove everything about a customer, and store nothing about them again. Can be run again at any time.

    In this order: the collector turns their events away; the streams forget and write tombstones; the tables are cleaned and
    the rows removed from the disk, until nothing more comes. The proof is a row of `erasures`.
    Raises Retryable when broker or store is away: what was done until then stays.
    """
    to = resolve_store(settings, user="pipeline")
    migrations.check(to)
    client = StoreClient(to)
    try:
        who = entry_of(secret(secrets_folder(settings.data_dir), KEY_NAME), site, customer)
        person = persons.find(client, site, customer, who)
        tell(f"{len(person.visitors)} visitors; their events are turned away from now on")
        suppress(settings, site, (customer, *person.visitors))
        run = _Run(client, person, who, tell)
        run.note("pending")
        tell_streams(resolve_kafka(settings), site, _lines_of(person))
        run.clean(wait_s)
        run.note("done" if run.erasure.complete else "pending")
        run.erasure.backups = [backup.name for backup in found_in(settings.data_dir)]
        return run.erasure
    finally:
        client.close()


class _Run:
    """One erasure in the store."""

    def __init__(self, client: StoreClient, person: Person, who: str, tell: Tell) -> None:
        self._client, self._person, self._tell = client, person, tell
        self._requested_ms = _now_ms()
        until = self._requested_ms + (EVENTS.retention_ms or 0)
        self.erasure = Erasure(who, len(person.visitors), kafka_until_ms=until)

    def clean(self, wait_s: float) -> None:
        """Clean the tables until the streams have forgotten and nothing more comes, at most `wait_s`."""
        deadline, still = time.monotonic() + wait_s, 0
        while not self.erasure.complete and time.monotonic() < deadline:
            forgotten = persons.acknowledged(self._client, self._person)
            tables = [one.table for one in CARRIERS if forgotten or one.table not in ACKNOWLEDGING]
            found = {table: count for table, count in persons.counts(self._client, self._person).items() if table in tables}
            for table, count in found.items():
                persons.erase(self._client, self._person, [table])
                self._add(table, count)
            still = still + 1 if forgotten and not found else 0
            self.erasure.complete = still >= STILL
            if not self.erasure.complete:
                time.sleep(POLL_S)

    def note(self, status: str) -> None:
        """Keep where the erasure stands; ids only while it is pending."""
        done = status == "done"
        row = {
            "site": self._person.site,
            "who": self.erasure.who,
            "version": _now_ms(),
            "status": status,
            "requested_at": self._requested_ms / 1000,
            "finished_at": _now_ms() / 1000 if done else None,
            "kafka_until": self.erasure.kafka_until_ms / 1000,
            "visitors": [] if done else list(self._person.visitors),
            "visitor_count": len(self._person.visitors),
            "removed": self.erasure.removed,
        }
        persons.write_proof(self._client, row)

    def _add(self, table: str, count: int) -> None:
        self._tell(f"{count} rows of {table} removed")
        self.erasure.removed[table] = self.erasure.removed.get(table, 0) + count


def _lines_of(person: Person) -> list[Told]:
    return [
        (person.customer, forget_line(person.site, customer_id=person.customer)),
        *((visitor, forget_line(person.site, visitor_id=visitor, customer_id=person.customer)) for visitor in person.visitors),
    ]


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
