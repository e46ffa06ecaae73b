"""Asks the store which imported lines it already holds."""

from collections.abc import Collection
from dataclasses import dataclass

from footprint.store import Reader

EVENTS = "SELECT DISTINCT event_id FROM events_raw WHERE site = %(site)s AND event_id IN %(ids)s"
OF_VISITORS = EVENTS + " AND actor IN %(visitors)s"
REJECTED = "SELECT event_id, any(reason) FROM rejected WHERE site = %(site)s AND event_id IN %(ids)s GROUP BY event_id"


@dataclass(frozen=True, slots=True)
class StoredLines:
    """Lines of one site in one store; see `footprint.importing.ports.Stored`."""

    reader: Reader
    site: str

    def events(self, ids: Collection[str], visitors: Collection[str]) -> set[str]:
        """Return those of `ids` that are stored events. The visitors, where known, save a scan: the table is sorted by them."""
        if not ids:
            return set()
        if visitors:
            rows = self.reader.rows(OF_VISITORS, site=self.site, ids=tuple(ids), visitors=tuple(visitors))
        else:
            rows = self.reader.rows(EVENTS, site=self.site, ids=tuple(ids))
        return {row[0] for row in rows}

    def rejected(self, ids: Collection[str]) -> dict[str, str]:
        """Return id -> reason for those of `ids` that were rejected."""
        rows = self.reader.rows(REJECTED, site=self.site, ids=tuple(ids)) if ids else ()
        return {row[0]: str(row[1]) for row in rows}
