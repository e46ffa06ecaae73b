"""Encoded events become NDJSON records: the cost of a stream processor is per record, so one record holds many."""

from collections.abc import Iterator, Sequence

from schemas import codec
from schemas.topics import MAX_RECORD_BYTES


def records_of(lines: Sequence[bytes], limit: int = MAX_RECORD_BYTES) -> Iterator[bytes]:
    """Join lines, in order, into as few records of at most `limit` bytes as possible. No line is over the limit."""
    if sum(map(len, lines)) + len(lines) <= limit:  # nearly always
        if lines:
            yield codec.join_lines(lines)
        return
    held: list[bytes] = []
    size = 0
    for line in lines:
        if held and size + 1 + len(line) > limit:
            yield codec.join_lines(held)
            held, size = [], 0
        size += len(line) + (1 if held else 0)
        held.append(line)
    if held:
        yield codec.join_lines(held)
