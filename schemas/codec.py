"""How values become bytes and find their partition: the same in every stage."""

import zlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import orjson

MIN_TIME_MS = 631_152_000_000
"""1990-01-01T00:00:00Z: an earlier client time is a broken clock (docs/semantics.md, section 1)."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


dumps = orjson.dumps
"""Encode one value as compact JSON. NaN and infinities become null."""

loads = orjson.loads
"""Decode one JSON value; raises ValueError on anything else."""


def join_lines(lines: Iterable[bytes]) -> bytes:
    """Join encoded values into one NDJSON record, without a final newline."""
    return b"\n".join(lines)


def read_lines(record: bytes) -> Iterator[dict[str, Any]]:
    """Decode the values of an NDJSON record, in order."""
    for line in record.split(b"\n"):
        if line:
            yield orjson.loads(line)


def partition_of(site: str, owner: str, partitions: int) -> int:
    """Return the partition of an owner (a visitor or a customer) of a site: CRC-32 of `site`, NUL, `owner`.

    CRC-32 is in every language's standard library, so downstream systems can find a partition too.
    """
    return zlib.crc32(f"{site}\0{owner}".encode("utf-8", "surrogatepass")) % partitions


def partition_seed(site: str) -> int:
    """Return where the CRC-32 of a site's owners begins: an owner's partition is `crc32(owner, seed) % partitions`."""
    return zlib.crc32(f"{site}\0".encode("utf-8", "surrogatepass"))


def key_partition(key: bytes, partitions: int) -> int:
    """Return the partition of a record by its key, on topics partitioned "by key"."""
    return zlib.crc32(key) % partitions


def subject_of(customer_id: str | None, visitor_id: str | None) -> str:
    """Return the subject that scores and signals belong to: `c:` + customer where known, else `v:` + visitor."""
    return f"c:{customer_id}" if customer_id else f"v:{visitor_id}"


def parse_time(value: Any) -> int | None:
    """Return Unix milliseconds of a client's time, or None when it is missing or unreadable.

    Accepts ISO 8601 (`Z` or an offset; without either it is UTC), and Unix seconds or milliseconds as a number or digits.
    A number above 1e11 is milliseconds. Precision below a millisecond is cut off.
    """
    if isinstance(value, str):
        return _parse_text(value.strip())
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return _from_number(float(value))
    return None


def _parse_text(text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        try:
            return _from_number(float(text))
        except ValueError:
            return None
    if text.isdigit():  # fromisoformat reads "20240131" as a date, a sender of digits means Unix time
        return _from_number(float(text))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    since = moment - EPOCH  # in whole numbers: a timestamp is a float
    return since.days * 86_400_000 + since.seconds * 1000 + since.microseconds // 1000


def _from_number(number: float) -> int | None:
    if not (abs(number) < 1e15):  # also false for NaN
        return None
    return int(number) if abs(number) > 1e11 else int(number * 1000)
