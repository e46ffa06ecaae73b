"""What a transaction writes, record by record: here and not beside the transaction, so that it is compiled like the cores."""

from collections.abc import Iterable, Iterator, Mapping
from zlib import crc32

from schemas.topics import MAX_RECORD_BYTES
from streams.core.work import Outputs

MAX_STATE_BYTES = 8 * 1024 * 1024
"""Largest value of a state topic; the topic's `max.message.bytes` is a little more."""

Headers = list[tuple[str, bytes]]
NO_HEADERS: Headers = []

Planned = tuple[bytes | None, bytes | None, Headers]
"""Key, value and headers of one record."""

Plan = dict[tuple[str, int], list[Planned]]
"""What a transaction writes: records in order, by topic and partition."""


class StateTooLarge(Exception):
    """A state value does not fit into one record: a defect of the core, which must bound its state."""


def plan_outputs(out: Outputs, headers: Headers, partitions: int) -> Plan:
    """Return the records of outputs: lines, with these headers, before what has a key."""
    planned: Plan = {}
    for (topic, number), lines in out.lines.items():
        planned.setdefault((topic.name, number), []).extend([(None, value, headers) for value in join(lines)])
    by_topic: dict[str, dict[int, list[Planned]]] = {}
    for record in out.records:
        number = crc32(record.key or b"") % partitions if record.partition is None else record.partition  # as `key_partition` does
        by_number = by_topic.get(record.topic.name)
        if by_number is None:
            by_number = by_topic[record.topic.name] = {}
        found = by_number.get(number)
        if found is None:
            found = by_number[number] = planned.setdefault((record.topic.name, number), [])
        found.append((record.key, record.value, NO_HEADERS))
    return planned


def plan_state(changes: Mapping[str, bytes | None]) -> list[Planned]:
    """Return the records of changed state. Raises StateTooLarge."""
    planned: list[Planned] = []
    for key, encoded in changes.items():
        name = key.encode("utf-8", "surrogatepass")
        if encoded is not None and len(encoded) > MAX_STATE_BYTES - len(name):
            raise StateTooLarge(
                f"The state of one key has {len(encoded)} bytes, more than {MAX_STATE_BYTES}. Report this: state must be bounded."
            )
        planned.append((name, encoded, NO_HEADERS))
    return planned


def join(lines: Iterable[bytes], limit: int = MAX_RECORD_BYTES) -> Iterator[bytes]:
    """Join NDJSON lines into records of at most `limit` bytes; a longer line is a record of its own."""
    held: list[bytes] = []
    size = -1
    for line in lines:
        if held and size + 1 + len(line) > limit:
            yield b"\n".join(held)
            held, size = [], -1
        held.append(line)
        size += 1 + len(line)
    if held:
        yield b"\n".join(held)
