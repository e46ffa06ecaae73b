"""Which events were seen before: a compact memory of ids per visitor (docs/semantics.md, section 1).

An id is kept as 12 characters of a hash of it and 6 of its content hash, in one string: 18 bytes an event. Two ids of one
visitor share a hash with a probability below 1e-15 for 2,000 ids.
"""

from binascii import b2a_base64
from enum import StrEnum
from hashlib import blake2b
from typing import Any

from streams.core.rules import LIVE_MS

ID_CHARS = 12
CONTENT_CHARS = 6
ENTRY_CHARS = ID_CHARS + CONTENT_CHARS
MAX_IDS = 2_000

Seen = list[Any]
"""`[ids, older ids, start]`: an id is kept for 72 to 144 hours after `start` of its half."""


class Verdict(StrEnum):
    """What an event is to those before it."""

    NEW = "new"
    DUPLICATE = "duplicate"
    CONFLICT = "id_conflict"


def recall(seen: Seen, event_id: str, content_hash: str) -> Verdict:
    """Say whether an event is new, and remember it."""
    entry = _hash(event_id)
    content = content_hash[:CONTENT_CHARS].ljust(CONTENT_CHARS)
    for ids in (seen[0], seen[1]):
        at = _find(ids, entry) if ids else -1
        if at >= 0:
            return Verdict.DUPLICATE if ids[at + ID_CHARS : at + ENTRY_CHARS] == content else Verdict.CONFLICT
    seen[0] += entry + content
    spare = len(seen[0]) + len(seen[1]) - MAX_IDS * ENTRY_CHARS
    if spare > 0:
        seen[1] = seen[1][spare:]
        seen[0] = seen[0][-MAX_IDS * ENTRY_CHARS :]
    return Verdict.NEW


def age(seen: Seen, received_at: int) -> None:
    """Forget what is old enough."""
    if received_at - seen[2] > LIVE_MS:
        seen[1] = seen[0] if received_at - seen[2] <= 2 * LIVE_MS else ""
        seen[0] = ""
        seen[2] = received_at


def _hash(event_id: str) -> str:
    return b2a_base64(blake2b(event_id.encode("utf-8", "surrogatepass"), digest_size=9).digest(), newline=False).decode()


def _find(ids: str, entry: str) -> int:
    at = ids.find(entry)
    while at >= 0 and at % ENTRY_CHARS:
        at = ids.find(entry, at + 1)
    return at
