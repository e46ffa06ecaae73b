"""Asks the store which imported lines it already holds."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from sinks.clickhouse.client import StoreClient

EVENTS = "SELECT DISTINCT event_id FROM events_raw WHERE site = %(site)s AND event_id IN %(ids)s"
OF_VISITORS = EVENTS + " AND actor IN %(visitors)s"
REJECTED = "SELECT event_id, any(reason) FROM rejected WHERE site = %(site)s AND event_id IN %(ids)s GROUP BY event_id"
ASKED_BYTES = 96 * 1024
"""Ids of one question; ClickHouse reads queries of at most 256 KiB by default."""


@dataclass(frozen=True, slots=True)
class StoredLines:
    """Lines of one site in one store; see `footprint.importing.ports.Stored`."""

    client: StoreClient
    site: str

    def events(self, ids: Collection[str], visitors: Collection[str]) -> set[str]:
        """Return those of `ids` that are stored events. The visitors, where known, save a scan: the table is sorted by them."""
        known: set[str] = set()
        narrow = bool(visitors) and sum(map(_asked, visitors)) <= ASKED_BYTES
        for group in groups_of(ids):
            parameters = {"site": self.site, "ids": group} | ({"visitors": tuple(visitors)} if narrow else {})
            known.update(row[0] for row in self.client.rows(OF_VISITORS if narrow else EVENTS, parameters))
        return known

    def rejected(self, ids: Collection[str]) -> dict[str, str]:
        """Return id -> reason for those of `ids` that were rejected."""
        found: dict[str, str] = {}
        for group in groups_of(ids):
            found.update({row[0]: str(row[1]) for row in self.client.rows(REJECTED, {"site": self.site, "ids": group})})
        return found


def groups_of(ids: Collection[str]) -> Iterator[tuple[str, ...]]:
    """Yield the ids in groups that fit one question."""
    group: list[str] = []
    size = 0
    for one in ids:
        if group and size + _asked(one) > ASKED_BYTES:
            yield tuple(group)
            group, size = [], 0
        group.append(one)
        size += _asked(one)
    if group:
        yield tuple(group)


def _asked(text: str) -> int:
    """How many bytes a value takes in a query at most: quotes and backslashes are escaped."""
    return len(text.encode("utf-8", "surrogatepass")) + text.count("'") + text.count("\\") + 4
