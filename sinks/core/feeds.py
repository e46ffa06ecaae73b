"""Which table a topic feeds, and how its records become the JSON lines of an insert: by joining bytes, never by parsing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from schemas.codec import dumps, key_partition
from schemas.topics import (
    AUDIT,
    DELIVERIES,
    IDENTITIES,
    REJECTED,
    SCORE_CHANGES,
    SCORES,
    SEGMENTS,
    SESSIONS,
    SIGNALS,
    TASKS,
    TRACKED,
    Topic,
)
from sinks.core.planning import Record

Tombstone = Callable[[str], dict[str, str] | None]
"""Reads the key of a tombstone: the fields that name the row to delete, or None when the key is not readable."""

OFFSET_BITS = 40
"""Room for a trillion records of a partition."""


@dataclass(frozen=True, slots=True)
class Feed:
    """One topic and the table its records go into. `tombstone` is set where a record without a value deletes a row.

    `partitions` are the topic's, 0 where they do not matter. The newest row of a key is told by its record's offset, and a key of
    a topic that has grown goes on in a partition whose offsets begin anew: so the number of partitions stands before the offset,
    and what a compacted topic still holds of a key where the key was before says nothing.
    """

    topic: Topic
    table: str
    tombstone: Tombstone | None = None
    partitions: int = 0

    def rows(self, partition: int, record: Record) -> Sequence[bytes]:
        """Return the JSON lines of one record, in order; none for a record that says nothing.

        The lines of NDJSON records go as they are. A single value gets its partition and offset as first fields: they are
        the order of its key, and the identity of a record that may repeat.
        """
        if self._strayed(partition, record):
            return []
        if record.value is None:
            return self._deletion(partition, record)
        if self.topic.record == "ndjson":
            return [line for line in record.value.split(b"\n") if line]
        if not record.value.startswith(b"{"):
            return [record.value]
        return [b'{"kafka_partition":%d,"kafka_offset":%d,' % (partition, self._place(record)) + record.value[1:]]

    def lines(self, partition: int, record: Record) -> bytes:
        """Return the same lines joined, ready for an insert: an NDJSON record goes as it came, blank lines and all, and is not copied."""
        if self.topic.record == "ndjson" and record.value is not None:
            return record.value
        return b"\n".join(self.rows(partition, record))

    def _strayed(self, partition: int, record: Record) -> bool:
        if self.tombstone is None or record.key is None or not self.partitions:
            return False
        return key_partition(record.key, self.partitions) != partition

    def _place(self, record: Record) -> int:
        return (self.partitions << OFFSET_BITS) + record.offset

    def _deletion(self, partition: int, record: Record) -> Sequence[bytes]:
        if self.tombstone is None or record.key is None:
            return []
        named = self.tombstone(record.key.decode("utf-8", "replace"))
        if named is None:
            return []
        return [dumps({"kafka_partition": partition, "kafka_offset": self._place(record), "is_deleted": 1, **named})]


def score_key(key: str) -> dict[str, str] | None:
    """Read `site:subject:score`. Sites and scores hold no colon, subjects may."""
    site, _, rest = key.partition(":")
    subject, _, score = rest.rpartition(":")
    return {"site": site, "subject": subject, "score": score} if site and subject and score else None


def identity_key(key: str) -> dict[str, str] | None:
    """Read `site:visitor`. A visitor may hold colons."""
    site, _, visitor = key.partition(":")
    return {"site": site, "visitor_id": visitor} if site and visitor else None


def segment_key(key: str) -> dict[str, str] | None:
    """Read `site:segment:subject`. Sites and segments hold no colon, subjects do."""
    site, _, rest = key.partition(":")
    segment, _, subject = rest.partition(":")
    return {"site": site, "segment": segment, "subject": subject} if site and segment and subject else None


FEEDS = (
    Feed(TRACKED, "ingest_tracked"),
    Feed(SESSIONS, "ingest_sessions"),
    Feed(SCORES, "ingest_scores", score_key),
    Feed(SCORE_CHANGES, "ingest_score_changes"),
    Feed(SIGNALS, "ingest_signals"),
    Feed(IDENTITIES, "ingest_identities", identity_key),
    Feed(SEGMENTS, "ingest_segments", segment_key),
    Feed(REJECTED, "ingest_rejected"),
    Feed(TASKS, "ingest_tasks"),
    Feed(DELIVERIES, "ingest_deliveries"),
    Feed(AUDIT, "ingest_audit"),
)
"""Every public topic but the events, which are stored once they are tracked, the models, and what profiles are made of and look like."""

TOPICS: Sequence[str] = tuple(feed.topic.name for feed in FEEDS)


def feeds_of(partitions: int) -> Sequence[Feed]:
    """Return the feeds of topics of so many partitions."""
    return [replace(feed, partitions=partitions) for feed in FEEDS]
