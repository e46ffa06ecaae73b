"""Sessions: connections that outlive a request because it named a `session_id`."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from footprint.local.clickhouse.engine import Handle

WAIT_S = 10.0
DEFAULT_TIMEOUT_S = 60.0
LONGEST_TIMEOUT_S = 3600.0
MOST = 200


class SessionBusy(Exception):
    """Another request of the same session is still running."""


@dataclass(slots=True)
class Session:
    """One connection, the lock of the request that uses it, how many requests want it, and until when it is kept."""

    handle: Handle
    expires: float
    wanted: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


class Sessions:
    """The open sessions of the pipeline, by id; idle ones are closed after their timeout, the oldest above a number."""

    def __init__(self, open_handle: Callable[[], Handle], clock: Callable[[], float] = time.monotonic) -> None:
        self._open_handle = open_handle
        self._clock = clock
        self._sessions: dict[str, Session] = {}
        self._lock = threading.Lock()

    def __contains__(self, session_id: str) -> bool:
        return session_id in self._sessions

    @contextmanager
    def using(self, session_id: str, timeout_s: float = DEFAULT_TIMEOUT_S) -> Iterator[Handle]:
        """Lend the session's connection, new when there is none; raises SessionBusy after a wait."""
        session = self._session(session_id)
        try:
            if not session.lock.acquire(timeout=WAIT_S):
                raise SessionBusy(session_id)
            try:
                yield session.handle
            finally:
                session.lock.release()
        finally:
            with self._lock:
                session.wanted -= 1
                session.expires = self._clock() + min(timeout_s, LONGEST_TIMEOUT_S)

    def _session(self, session_id: str) -> Session:
        with self._lock:
            self._expire(self._clock())
            if session_id not in self._sessions:
                self._sessions[session_id] = Session(self._open_handle(), self._clock() + DEFAULT_TIMEOUT_S)
            session = self._sessions.pop(session_id)
            self._sessions[session_id] = session  # the most recently used stands last
            session.wanted += 1
            return session

    def _expire(self, now: float) -> None:
        idle = [key for key, session in self._sessions.items() if not session.wanted]
        old = idle[: max(0, len(self._sessions) - MOST + 1)]
        for key in {*old, *(key for key in idle if self._sessions[key].expires < now)}:
            self._sessions.pop(key).handle.close()
