"""What the rebuild tells the subjects, on its way: lines of the events topic go behind the events that were stored before."""

from collections.abc import Callable

from schemas.codec import partition_of
from schemas.topics import TRACKED
from streams.core import base, rescore
from streams.core.lines import Line, read_line
from streams.core.subject import Subject
from streams.core.work import Outputs

MARKS = (base.MARK, rescore.MARK)
"""A line that begins so is the rebuild's."""

_NAMED = dict.fromkeys(("site", "visitor_id", "customer_id"), str)


def pass_on(encoded: bytes, out: Outputs, *, partitions: int) -> None:
    """Send a line of the events topic on to the subject of its owner."""
    line = read_line(encoded, _NAMED)
    if line is not None:
        owner = line["visitor_id"] or line["customer_id"]
        out.write_line(TRACKED, partition_of(line["site"], owner, partitions), line)


def follow(encoded: bytes, subject_of: Callable[[Line], Subject]) -> None:
    """Have the subject of a line follow it. One that cannot be read says nothing: a replay writes it again."""
    for part in (base, rescore):
        if encoded.startswith(part.MARK):
            line = read_line(encoded, part.TYPES)
            if line is not None:
                part.receive(subject_of(line), line)
