"""Sessions that are over before their time: somebody signed out, or was taken away. What is kept of them is no secret."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from console.core.sessions import LIFE_MS, Session


@dataclass(frozen=True, slots=True)
class Ended:
    """Sessions with this mark that began before `before` are over; after `until` they are over anyway. Times are Unix milliseconds."""

    mark: str
    before: int
    until: int


def of_session(session: Session) -> Ended:
    """Return what ends one session, in whichever browser its cookie is, and no other session of the user."""
    until = session.began_at + LIFE_MS
    return Ended(_mark("session", session.csrf), until, until)


def of_user(name: str, now_ms: int) -> Ended:
    """Return what ends every session of a name that has begun by now."""
    return Ended(_mark("user", name), now_ms + 1, now_ms + LIFE_MS)


def is_ended(session: Session, known: Mapping[str, int]) -> bool:
    """Return whether a session is over by what is known: mark to `before`."""
    return any(session.began_at < known.get(mark, 0) for mark in (_mark("session", session.csrf), _mark("user", session.user)))


def read_ended(content: bytes) -> list[Ended]:
    """Read the content of a file; raises ValueError when it is none."""
    found = []
    for line in content.decode("ascii").splitlines():
        mark, before, until = line.split(" ")
        found.append(Ended(mark, int(before), int(until)))
    return found


def write_ended(ended: Iterable[Ended], now_ms: int) -> bytes:
    """Return the content of a file, without what is over anyway."""
    return "".join(f"{one.mark} {one.before} {one.until}\n" for one in ended if one.until > now_ms).encode()


def _mark(kind: str, value: str) -> str:
    """Return a digest: who reads the file learns neither a token nor a name."""
    return hashlib.sha256(f"{kind}\0{value}".encode("utf-8", "surrogatepass")).hexdigest()
