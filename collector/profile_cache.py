"""Profiles by key, on disk: a million of them are some hundred megabytes, of which memory holds what is asked for."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import mkstemp

AT_ONCE = 200
"""Records that are written together: a few milliseconds, in which events wait."""

PAGE_BYTES = 8 * 1024
"""Profiles are about a kilobyte: several fit a page of this size, and none needs a page of its own behind it."""

CACHED_KIB = 8 * 1024
MAPPED_BYTES = 1 << 30
"""At most so much of the file is read by mapping it: pages that the system may take back at any time."""


class ProfileCache:
    """The last record of each key of the profiles topic, as bytes.

    It stands in a file of `folder` that has no name any more once it is open, so that nothing is left of it whatever becomes of
    the process. What it held is read again from the topic.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, path = mkstemp(prefix="profiles-", dir=folder)  # readable by this user only, of a name that nobody else has
        os.close(descriptor)
        self._store = sqlite3.connect(path, isolation_level=None)
        self._store.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE", f"cache_size = -{CACHED_KIB}"):
            self._store.execute(f"PRAGMA {pragma}")
        self._store.execute(f"PRAGMA mmap_size = {MAPPED_BYTES}")
        self._store.execute("CREATE TABLE profiles (key BLOB PRIMARY KEY, value BLOB)")
        Path(path).unlink()
        self._waiting: dict[bytes, bytes | None] = {}

    def put(self, key: bytes, value: bytes | None) -> None:
        """Take in a record of the topic; None removes its key."""
        self._waiting[key] = value
        if len(self._waiting) >= AT_ONCE:
            self._write()

    def get(self, key: str) -> bytes | None:
        """Return the record of a key."""
        wanted = key.encode("utf-8", "surrogatepass")
        if wanted in self._waiting:
            return self._waiting[wanted]
        with closing(self._store.execute("SELECT value FROM profiles WHERE key = ?", (wanted,))) as found:
            row = found.fetchone()
        return row[0] if row else None

    @property
    def size(self) -> int:
        """Bytes on disk."""
        ((pages,),), ((page,),) = (self._store.execute(f"PRAGMA {name}").fetchall() for name in ("page_count", "page_size"))
        return int(pages * page)

    def close(self) -> None:
        """Give the disk back."""
        self._store.close()

    def _write(self) -> None:
        put = sorted((key, value) for key, value in self._waiting.items() if value is not None)
        gone = [(key,) for key, value in self._waiting.items() if value is None]
        self._store.execute("BEGIN")
        self._store.executemany("INSERT INTO profiles VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", put)
        self._store.executemany("DELETE FROM profiles WHERE key = ?", gone)
        self._store.execute("COMMIT")
        self._waiting.clear()
