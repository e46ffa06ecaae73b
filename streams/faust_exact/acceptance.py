"""Whether a fetched record comes next: the rule that makes holes harmless. Pure."""

from enum import Enum


class Verdict(Enum):
    """What to do with a fetched record."""

    ACCEPT = "accept"
    DONE = "done"
    REWIND = "rewind"


def judge(*, prev: int | None, offset: int, marker: int) -> Verdict:
    """Compare a record with the marker, the last absorbed offset.

    `prev` is the offset that the fetch returned before this record, or the one before the position of our own seek;
    None after a seek that was not ours: nobody knows what lies before the record, so it is fetched again.
    """
    if prev is None or prev > marker:
        return Verdict.REWIND
    return Verdict.ACCEPT if offset > marker else Verdict.DONE
