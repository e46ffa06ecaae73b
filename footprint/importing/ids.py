"""Ids that the same line of the same file gets every time it is imported (docs/semantics.md, section 11)."""

import hashlib
import uuid

NAMESPACE = uuid.UUID("6f1c6b0e-5d0b-5c57-9f5e-6c6f672d6964")
"""Namespace of the ids of imported lines. Changing it would store every imported line again."""


def event_id_of(site: str, line: bytes, earlier: int) -> str:
    """Return the id of a line: UUIDv5 over the site, its bytes and how often the same bytes stood earlier in the file."""
    name = b"%s\0%d\0%s" % (site.encode(), earlier, line)
    digest = hashlib.sha1(NAMESPACE.bytes + name, usedforsecurity=False).digest()
    return str(uuid.UUID(bytes=digest[:16], version=5))


def visitor_id_of(site: str, address: bytes, user_agent: bytes) -> str:
    """Return the visitor of a log line: `log-` + 16 hex digits of SHA-256 over site, address and user agent."""
    return "log-" + hashlib.sha256(b"\n".join((site.encode(), address, user_agent))).hexdigest()[:16]


class EqualLines:
    """Counts how many times the same bytes stood earlier in one file. Remembers 16 bytes per distinct line."""

    def __init__(self) -> None:
        self._seen: dict[bytes, int] = {}

    def earlier(self, line: bytes) -> int:
        """Return how often `line` was asked for before, and count it."""
        digest = hashlib.blake2b(line, digest_size=16).digest()
        count = self._seen.get(digest, 0)
        self._seen[digest] = count + 1
        return count
