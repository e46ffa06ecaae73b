"""Customers' rows and the corrections of their events: made again soon after something of theirs was stored, and once more when it surely can be read.

A mark is written by the insert that it speaks of, and may be seen before what was inserted. So a row counted at once may
miss it; one counted `SETTLE_MS` after its last mark does not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sinks.clickhouse.client import StoreClient

SETTLE_MS = 150_000
"""Longer than an insert may take."""
AT_ONCE = 500
"""Customers that one statement counts: named in it, it stays below the longest one that ClickHouse reads."""

NOW = "SELECT toUnixTimestamp64Milli(now64(3))"
NEWEST = "SELECT max(version) FROM customers_raw"
MARKED = """
SELECT site, customer_id, toUnixTimestamp64Milli(max(marked)) AS latest FROM seen_customers
WHERE marked >= fromUnixTimestamp64Milli({since:Int64}) AND customer_id != ''
GROUP BY site, customer_id
HAVING latest < {until:Int64}
ORDER BY latest LIMIT {limit:UInt32} WITH TIES
"""
LOST = """
SELECT DISTINCT site, customer_id FROM seen_customers
WHERE customer_id != '' AND (site, actor) IN
(
    SELECT site, actor FROM seen_customers
    WHERE customer_id = '' AND marked >= fromUnixTimestamp64Milli({since:Int64}) AND marked < fromUnixTimestamp64Milli({until:Int64})
)
"""
COLUMNS = (
    "site", "customer_id", "is_deleted", "first_seen", "last_seen", "received_at", "visitors", "sessions", "events", "page_views", "channels",
    "first_channel", "last_channel", "orders", "value", "stage", "bands", "preferences", "consent", "traits", "scored.score",
    "scored.raw_value", "scored.floor", "scored.ceiling", "scored.half_life_s", "scored.updated_at", "interested_at",
    "interest_half_life_s", "interests",
)  # fmt: skip
COUNT = f"""
INSERT INTO customers_raw ({", ".join(COLUMNS)}, version)
SELECT {", ".join(f"`{column}`" for column in COLUMNS)}, toUnixTimestamp64Milli(now64(3))
FROM counted_customers(site = %(site)s, customers = %(customers)s)
"""  # noqa: S608 - names of ours; values are bound
ACTORS = """
SELECT DISTINCT actor FROM seen_customers WHERE site = %(site)s AND customer_id IN %(customers)s
"""
STALE = "SELECT DISTINCT actor FROM corrected_events WHERE site = %(site)s AND actor IN %(actors)s AND corrected != fresh"
CORRECT = """
INSERT INTO events_raw
SELECT e.* REPLACE (c.fresh AS corrected)
FROM (SELECT * FROM events_raw FINAL WHERE site = %(site)s AND actor IN %(actors)s) AS e
INNER JOIN (SELECT * FROM corrected_events WHERE site = %(site)s AND actor IN %(actors)s AND corrected != fresh) AS c
    ON c.actor = e.actor AND c.event_id = e.event_id AND c.event_time = e.event_time
SETTINGS insert_deduplicate = 0
"""
"""The same row may be right once more: it must not be taken for a repeated insert."""
BEREAVED = """
INSERT INTO seen_customers (site, customer_id, actor, marked)
SELECT site, customer_id, visitor_id, now64(3) + INTERVAL 1 MINUTE FROM identities_raw FINAL
WHERE site = %(site)s AND customer_id != %(customer)s AND visitor_id IN (SELECT visitor_id FROM events_raw WHERE {condition})
"""
REBUILT = """
INSERT INTO seen_customers (site, customer_id, actor)
SELECT site, customer_id, visitor_id FROM identities_raw FINAL WHERE site = %(site)s AND visitor_id IN %(visitors)s
"""
"""Marks those whom these visitors of a site are."""


@dataclass(slots=True)
class Count:
    """How far the marks are counted, Unix milliseconds of the store's clock: once, and for good. Lost with the process: `resumed` finds it again."""

    once: int
    good: int

    @classmethod
    def resumed(cls, client: StoreClient) -> "Count":
        """Begin well before the newest row that was counted."""
        since = max(0, int(client.rows(NEWEST)[0][0]) - 2 * SETTLE_MS)
        return cls(since, since)

    def round(self, client: StoreClient, *, settle_ms: int = SETTLE_MS) -> int:
        """Count whom new marks name, and whom settled ones do; returns how many rows were counted. Killed at any moment, nothing is lost."""
        now = int(client.rows(NOW)[0][0])
        began = self.once
        counted, self.once = _counted(client, self.once, now)
        if began <= self.good:
            self.good = max(self.good, min(self.once, now - settle_ms))
        if self.once < now:
            return counted
        settled, self.good = _counted(client, self.good, now - settle_ms)
        return counted + settled

    def behind_ms(self, client: StoreClient) -> int:
        """Return how old the oldest mark is that no row has counted: 0 without one."""
        now = int(client.rows(NOW)[0][0])
        waiting = client.rows(MARKED, {"since": self.once, "until": now, "limit": 1})
        return now - int(waiting[0][2]) if waiting else 0


def count(client: StoreClient, site: str, customers: Sequence[str]) -> None:
    """Correct the events of these customers, and count their rows."""
    for at in range(0, len(customers), AT_ONCE):
        named: dict[str, Any] = {"site": site, "customers": list(customers[at : at + AT_ONCE])}
        correct(client, site, [row[0] for row in client.rows(ACTORS, named)])
        client.command(COUNT, named)


def correct(client: StoreClient, site: str, actors: Sequence[str]) -> None:
    """Write what has become of the events of these actors beside them, where that is not what stands there."""
    for at in range(0, len(actors), AT_ONCE):
        stale = client.rows(STALE, {"site": site, "actors": tuple(actors[at : at + AT_ONCE])})
        if stale:
            client.command(CORRECT, {"site": site, "actors": tuple(row[0] for row in stale)})


def marking(table: str, condition: str) -> str:
    """Return the statement that marks, ahead of the erasure of a person's events, who else loses some of them; empty for other tables."""
    return BEREAVED.format(condition=condition) if table == "events_raw" else ""


def _counted(client: StoreClient, since: int, until: int) -> tuple[int, int]:
    """Count whom marks of a span name, oldest first and at most so many; return how many, and up to where."""
    if until <= since:
        return 0, since
    marked = client.rows(MARKED, {"since": since, "until": until, "limit": AT_ONCE})
    end = int(marked[-1][2]) + 1 if len(marked) >= AT_ONCE else until
    named = {(row[0], row[1]) for row in marked}
    named |= {(row[0], row[1]) for row in client.rows(LOST, {"since": since, "until": end})}
    for site in sorted({site for site, _ in named}):
        count(client, site, sorted(customer for of, customer in named if of == site))
    return len(named), end
