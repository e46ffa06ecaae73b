"""Which partition a key belongs to once there are more of them, and what a new partition must know. Pure.

A partition holds the state of its owners, some values that every partition has, and a marker with what the partition knows of
the progress of events. Owners move; the rest is given to the new partitions as well.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from schemas.codec import key_partition, partition_of
from schemas.topics import (
    PREFERENCES_GATHERED,
    PROFILES_STATE,
    SCORES_GATHERED,
    SUBJECTS_STATE,
    TRACKED_GATHERED,
    VISITORS_STATE,
)

Meta = dict[str, Any]
Place = Callable[[bytes, int], int | None]
"""Returns the partition of a key among so many; None: every partition has it."""

SHARED = "m:"
"""Names of the subjects' state that begin so are the site's: its models (`streams.core.rulebook`)."""


def of_visitor(key: bytes, partitions: int) -> int | None:
    """Return the partition of a key of the visitors' state: `site NUL v|c NUL owner`."""
    site, _, owner = _text(key).split("\0", 2)
    return partition_of(site, owner, partitions)


def of_subject(key: bytes, partitions: int) -> int | None:
    """Return the partition of a key of the subjects' state: `site NUL`, two letters of its sort, and the owner."""
    site, name = _text(key).split("\0", 1)
    return None if name.startswith(SHARED) else partition_of(site, name[2:], partitions)


def of_record(key: bytes, partitions: int) -> int | None:
    """Return the partition of a record of a public topic that is partitioned by key."""
    return key_partition(key, partitions)


def of_visitors(metas: Iterable[Meta]) -> Meta:
    """Return what a new partition of events knows: events have come as far as on the slowest of the others."""
    known = [meta["watermark"] for meta in metas if "watermark" in meta]
    return {"watermark": min(known)} if known else {}


def of_subjects(metas: Iterable[Meta]) -> Meta:
    """Return what a new partition of tracked knows: of each source the latest that any has heard, and the sites' models."""
    found: Meta = {}
    for meta in metas:
        for name in ("watermarks", "heard"):
            for source, at in meta.get(name, {}).items():
                latest = found.setdefault(name, {})
                latest[source] = max(latest.get(source, at), at)
        if "models" in meta:
            found["models"] = found.get("models", {}) | meta["models"]
    return found


def of_profiles(metas: Iterable[Meta]) -> Meta:
    """Return what a new partition of profiles knows: the sites' segments, and how often any were published."""
    found: Meta = {}
    for meta in metas:
        if "segments" in meta:
            found["segments"] = found.get("segments", {}) | meta["segments"]
        found["generation"] = max(found.get("generation", 0), meta.get("generation", 0))
    return found


def of_nobody(_: bytes, __: int) -> None:
    """A state that holds nothing but how far its agent has read."""


def of_nothing(_: Iterable[Meta]) -> Meta:
    """Return what a new partition of such an agent knows."""
    return {}


STATES: Mapping[str, tuple[Place, Callable[[Iterable[Meta]], Meta]]] = {
    VISITORS_STATE.name: (of_visitor, of_visitors),
    SUBJECTS_STATE.name: (of_subject, of_subjects),
    PROFILES_STATE.name: (of_subject, of_profiles),
    SCORES_GATHERED.name: (of_nobody, of_nothing),
    PREFERENCES_GATHERED.name: (of_nobody, of_nothing),
    TRACKED_GATHERED.name: (of_nobody, of_nothing),
}
"""By state topic: where its keys belong, and what a new partition begins with."""


def _text(key: bytes) -> str:
    return key.decode("utf-8", "surrogatepass")
