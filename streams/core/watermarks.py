"""How far events have come, as a partition of `tracked` knows it: the least of what its sources say (docs/semantics.md, section 3).

The meta of the partition holds `watermarks` by source, and in `heard` the Kafka time of the last record of each.
"""

from streams.core.rules import LATENESS_MS, MINUTE_MS
from streams.core.work import Arrival, Value

SILENT_MS = 10 * MINUTE_MS
"""A source that has sent nothing for so long while others did is taken for a quiet one: it goes by the clock, so far behind it."""


def watermark(meta: Value) -> int:
    """Return the watermark of a partition of tracked: the least of its sources', 0 before the first."""
    return min(meta.get("watermarks", {}).values(), default=0)


def hear(meta: Value, arrival: Arrival) -> None:
    """Note the watermark that a record carries."""
    if arrival.watermark is not None:
        meta.setdefault("watermarks", {})[arrival.source] = arrival.watermark
        meta.setdefault("heard", {})[arrival.source] = arrival.at


def watermark_at(meta: Value, now_ms: int, *, quiet: bool) -> int:
    """Return the watermark at a time of day: of a quiet partition by the clock, else no source that is silent holds it back."""
    marks = meta.get("watermarks", {})
    if quiet:
        return max(watermark(meta), now_ms - LATENESS_MS)
    heard = meta.get("heard", {})
    behind = now_ms - LATENESS_MS - SILENT_MS
    return min((max(mark, behind) if now_ms - heard.get(source, now_ms) > SILENT_MS else mark for source, mark in marks.items()), default=0)
