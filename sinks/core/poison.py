"""Rows that the store refuses: the record of the rejected topic that tells of one."""

from typing import Any

from schemas.codec import loads
from schemas.rejections import Reason, Rejection, record_of

STAGE = "sink"


def rejected_row(row: bytes, *, topic: str, problem: str, timestamp: int) -> dict[str, str | int]:
    """Return the rejected record of a row. It depends on the row and its record alone, so that a repeat collapses."""
    named = _named(row)
    rejection = Rejection(
        Reason.UNSTORABLE,
        f"A row of {topic} does not fit its table: {problem}. Correct the sender; the original is kept here.",
        event_id=str(named.get("event_id", "")),
        original=row.decode("utf-8", "replace"),
    )
    return record_of(rejection, site=str(named.get("site", "")), stage=STAGE, received_at=timestamp)


def _named(row: bytes) -> dict[str, Any]:
    try:
        value = loads(row)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
