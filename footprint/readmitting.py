"""Events that were turned away, offered again to the collector's own rules: after a plan or a limit was put right."""

import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from collector.core.accept import Accepted, accept
from collector.core.drafts import Arrival
from collector.core.sites import SiteRules
from collector.core.suppression import Suppressions
from footprint.rescoring import Tell
from footprint.telling import Told
from schemas.codec import loads
from schemas.connections import StoreConnection
from schemas.rejections import Rejection
from sinks.clickhouse.client import StoreClient

CHUNK = 2_000
LIVE_MS = 3_600_000
"""What was received longer ago comes as history: nobody is alerted of it now, and duplicates of it collapse in the store."""

NAMESPACE = uuid.UUID("0d5d8a2e-6f0b-5b1c-9f7e-7265616d6974")
"""Of ids for events that came without one: the same event gets the same id in every replay."""

REJECTED = """
SELECT toUnixTimestamp64Milli(received_at) AS at, occurrence, original
FROM rejected_raw FINAL
WHERE site = {site:String} AND stage = 'collector'
    AND received_at >= {from:DateTime} AND received_at < {to:DateTime}
    AND (toUnixTimestamp64Milli(received_at), occurrence) > ({at:Int64}, {occurrence:UInt64})
ORDER BY at, occurrence
LIMIT {limit:UInt32}
"""
REMOVE = """
DELETE FROM rejected_raw
WHERE site = %(site)s AND (toUnixTimestamp64Milli(received_at), occurrence) IN %(places)s
SETTINGS lightweight_deletes_sync = 2
"""

Place = tuple[int, int]
Row = tuple[int, int, str]


@dataclass(slots=True)
class Readmission:
    """What became of the events that were turned away."""

    read: int = 0
    accepted: int = 0
    cut: int = 0
    """Their original is not whole: it was too long to be kept, or not to be kept at all. They stay."""
    refused: Counter[str] = field(default_factory=Counter)
    """Still turned away, by reason. They stay."""


@dataclass(frozen=True, slots=True)
class Door:
    """The rules of a site as the collector has them now."""

    site: SiteRules
    suppressions: Suppressions
    now_ms: int


def readmit(connection: StoreConnection, door: Door, times: Mapping[str, str], tell: Tell) -> Readmission:
    """Accept again what the collector turned away between `from` and `to` (Unix seconds), with its original ids and times.

    What is accepted leaves `rejected` once it is durable; what still fails stays. Can be run again at any time: an event
    that was written twice is dropped by its id. Raises Retryable when store or broker is away.
    """
    client, found = StoreClient(connection), Readmission()
    try:
        for rows in _chunks(client, door.site.site, times):
            accepted = dict(_accepted(door, rows, found))
            tell(door.site.site, list(accepted.values()))
            if accepted:  # durable before they leave
                client.command(REMOVE, {"site": door.site.site, "places": list(accepted)})
            found.accepted += len(accepted)
    finally:
        client.close()
    return found


def _chunks(client: StoreClient, site: str, times: Mapping[str, str]) -> Iterator[Sequence[Row]]:
    place: Place = (-1, 0)
    while rows := client.rows(REJECTED, {"site": site, **times, "at": place[0], "occurrence": place[1], "limit": CHUNK}):
        yield [(row[0], row[1], row[2]) for row in rows]
        place = (rows[-1][0], rows[-1][1])


def _accepted(door: Door, rows: Sequence[Row], found: Readmission) -> Iterator[tuple[Place, Told]]:
    for at, occurrence, original in rows:
        found.read += 1
        message = _whole(original)
        if message is None:
            found.cut += 1
            continue
        historical = door.now_ms - at > LIVE_MS
        arrival = Arrival(door.site, at, historical=historical, sent_at=message.get("sentAt"), suppressions=door.suppressions)
        result = accept(message, arrival, index=0, new_id=partial(_id_of, door.site.site, at, original))
        if isinstance(result, Accepted):
            yield (at, occurrence), (result.owner, result.encoded)
        elif isinstance(result, Rejection):
            found.refused[result.reason.value] += 1


def _whole(original: str) -> dict[str, Any] | None:
    try:
        message = loads(original.encode())
    except ValueError:
        return None
    return message if isinstance(message, dict) else None


def _id_of(site: str, at: int, original: str) -> str:
    return str(uuid.uuid5(NAMESPACE, f"{site}\0{at}\0{original}"))
