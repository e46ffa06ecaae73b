"""Who was forgotten after a backup was made is in it still: a restore erases them again before anybody reads them."""

from collections.abc import Iterator

from collector.core.suppression import Suppressions
from footprint.settings import Settings
from footprint.suppressing import suppressions
from sinks.clickhouse import persons
from sinks.clickhouse.client import StoreClient
from sinks.core.persons import CARRIERS, Person

CUSTOMERS = """
SELECT DISTINCT site, customer_id FROM events_raw WHERE customer_id != ''
UNION DISTINCT SELECT DISTINCT site, customer_id FROM identities_raw WHERE customer_id != ''
UNION DISTINCT SELECT DISTINCT site, customer_id FROM scores_raw WHERE customer_id != ''
"""
VISITORS = """
SELECT DISTINCT site, visitor_id FROM events_raw WHERE visitor_id != ''
UNION DISTINCT SELECT DISTINCT site, visitor_id FROM identities_raw WHERE visitor_id != ''
"""


def erase_again(settings: Settings, client: StoreClient) -> int:
    """Remove everybody from the store whose events the collectors turn away; returns the removed rows."""
    suppressed, removed = suppressions(settings), 0
    for person in _persons(client, suppressed):
        counts = persons.counts(client, person)
        persons.erase(client, person, [carrier.table for carrier in CARRIERS if carrier.table in counts])
        removed += sum(counts.values())
    return removed


def _persons(client: StoreClient, suppressed: Suppressions) -> Iterator[Person]:
    """Yield the suppressed customers and visitors, each for itself: links between them may be gone."""
    if not len(suppressed):
        return
    for site, customer in client.rows(CUSTOMERS):
        if suppressed.holds(site, customer):
            yield Person(site, customer)
    for site, visitor in client.rows(VISITORS):
        if suppressed.holds(site, visitor):
            yield Person(site, visitor, (visitor,))
