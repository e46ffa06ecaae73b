"""A person in the store: found, read out, removed."""

from collections.abc import Sequence
from typing import Any

from schemas.codec import dumps, loads
from sinks.clickhouse import customers, rollups
from sinks.clickhouse.client import StoreClient
from sinks.core.persons import ACKNOWLEDGING, CARRIERS, Carrier, Person, values_of

PART = 200
"""Visitors that one statement names: it stays well below the longest one that ClickHouse reads."""

LINKED = "SELECT DISTINCT visitor_id FROM identities_raw WHERE site = %(site)s AND customer_id = %(customer)s"
SEEN_ALONE = """
SELECT actor FROM seen_customers FINAL
WHERE site = %(site)s AND actor IN (SELECT actor FROM seen_customers WHERE site = %(site)s AND customer_id = %(customer)s)
    AND actor != %(customer)s AND actor NOT IN (SELECT visitor_id FROM identities_raw FINAL WHERE site = %(site)s AND customer_id != %(customer)s)
GROUP BY actor
HAVING uniqExact(customer_id) = 1
"""
LINKED_ELSEWHERE = "SELECT visitor_id FROM identities_raw FINAL WHERE site = %(site)s AND customer_id NOT IN ('', %(customer)s)"
PENDING = "SELECT visitors FROM erasures_raw FINAL WHERE site = %(site)s AND who = %(who)s AND status = 'pending'"


def find(client: StoreClient, site: str, customer: str, who: str = "") -> Person:
    """Return a customer with the visitors that are nobody else's: linked, or known by this customer's events alone.

    `who` names a pending erasure, whose visitors are found again although their links are gone.
    """
    asked = {"site": site, "customer": customer, "who": who}
    linked = {row[0] for row in client.rows(LINKED, asked)} - {row[0] for row in client.rows(LINKED_ELSEWHERE, asked)}
    seen = {row[0] for row in client.rows(SEEN_ALONE, asked)}
    pending = {visitor for row in client.rows(PENDING, asked) for visitor in row[0]} if who else set()
    return Person(site, customer, tuple(sorted((linked | seen | pending) - {""})))


def held(client: StoreClient, person: Person) -> dict[str, list[dict[str, Any]]]:
    """Return every row about the person, by table, as it stands now."""
    return {carrier.table.removesuffix("_raw"): _rows(client, carrier, person) for carrier in CARRIERS if carrier.exported}


def _rows(client: StoreClient, carrier: Carrier, person: Person) -> list[dict[str, Any]]:
    lines: dict[bytes, None] = {}
    for part in person.parts(PART):
        sql = f"SELECT * FROM {carrier.table} FINAL WHERE {carrier.condition(part)}"  # noqa: S608 - names of ours; values are bound
        lines |= dict.fromkeys(client.text(sql, "JSONEachRow", parameters=values_of(part)).splitlines())
    return [loads(line) for line in lines]


def acknowledged(client: StoreClient, person: Person) -> bool:
    """True when tombstones stand over everything that the streams publish about the person as a current state."""
    return not any(_count(client, table, person, final=True) for table in ACKNOWLEDGING)


def counts(client: StoreClient, person: Person) -> dict[str, int]:
    """Return how many rows each table holds about the person, copies and corrections included."""
    found = {carrier.table: _count(client, carrier.table, person) for carrier in CARRIERS}
    return {table: count for table, count in found.items() if count}


def erase(client: StoreClient, person: Person, tables: Sequence[str]) -> None:
    """Delete the rows about the person from these tables, also from the disk, before returning."""
    for carrier in CARRIERS:
        if carrier.table in tables and carrier.emptied:
            _empty(client, person, carrier)
        elif carrier.table in tables:
            _delete(client, person, carrier)


def _delete(client: StoreClient, person: Person, carrier: Carrier) -> None:
    for part in person.parts(PART):
        for marking in (rollups.marking, customers.marking):
            if mark := marking(carrier.table, carrier.condition(part)):
                client.command(mark, values_of(part))
        sql = f"DELETE FROM {carrier.table} WHERE {carrier.condition(part)} SETTINGS lightweight_deletes_sync = 2"  # noqa: S608 - as above
        client.command(sql, values_of(part))
    client.command(f"ALTER TABLE {carrier.table} APPLY DELETED MASK SETTINGS mutations_sync = 2")


def _empty(client: StoreClient, person: Person, carrier: Carrier) -> None:
    """Write the rows again without who they are about."""
    changes = ", ".join(f"{column} = ''" for column in carrier.emptied)
    for part in person.parts(PART):
        sql = f"ALTER TABLE {carrier.table} UPDATE {changes} WHERE {carrier.condition(part)} SETTINGS mutations_sync = 2"
        client.command(sql, values_of(part))


def write_proof(client: StoreClient, row: dict[str, Any]) -> None:
    """Keep the state of an erasure; only the newest row of it stays."""
    client.insert("erasures_raw", dumps(row))
    client.command("OPTIMIZE TABLE erasures_raw FINAL")


def _count(client: StoreClient, table: str, person: Person, *, final: bool = False) -> int:
    carrier = next(one for one in CARRIERS if one.table == table)
    total = 0
    for part in person.parts(PART):
        sql = f"SELECT count() FROM {table} {'FINAL' if final else ''} WHERE {carrier.condition(part)}"  # noqa: S608 - as above
        total += int(client.rows(sql, values_of(part))[0][0])
    return total
