"""Encoded events become NDJSON records: the cost of a stream processor is per record, so one record holds many."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

from schemas import codec
from schemas.topics import MAX_RECORD_BYTES


def records_of(lines: Sequence[bytes], limit: int = MAX_RECORD_BYTES) -> Iterator[bytes]:
    """Join lines, in order, into as few records of at most `limit` bytes as possible. No line is over the limit."""
    ends = list(accumulate(map(len, lines)))
    begin = done = 0
    while begin < len(lines):

        def size(number: int, begin: int = begin, done: int = done) -> int:
            return ends[number] - done + number - begin  # with a newline between two

        end = max(begin + 1, bisect_right(range(len(lines)), limit, lo=begin, key=size))
        yield codec.join_lines(lines[begin:end])
        begin, done = end, ends[end - 1]
