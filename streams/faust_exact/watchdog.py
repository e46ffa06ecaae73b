"""Ends a process that was frozen, or whose event loop stands still: it must not write as if no time had passed."""

import threading
import time

from streams.faust_exact.exits import ExitCode, die

LOOK_EVERY_S = 0.2


class Watchdog(threading.Thread):
    """A thread of its own, because a loop that stands still cannot watch itself.

    Frozen: the thread did not run for two thirds of `session_s` (a stopped process, a machine that swaps). The last
    heartbeat is up to a sixth older: soon the partitions may have another owner. Stuck: the event loop did not call `beat` for `session_s`.
    """

    def __init__(self, session_s: float) -> None:
        super().__init__(name="watchdog", daemon=True)
        self._frozen_s = session_s * 2 / 3
        self._stuck_s = session_s
        self._looked = time.monotonic()
        self._beaten = time.monotonic()
        self._ended = threading.Event()

    def run(self) -> None:
        """Look a few times a second until `end`."""
        while not self._ended.wait(LOOK_EVERY_S):
            self.check()
            self._looked = time.monotonic()

    def check(self) -> None:
        """End the process if it was frozen or is stuck. The event loop asks too, before it writes."""
        now = time.monotonic()
        if self._ended.is_set():
            return
        if now - self._looked > self._frozen_s:
            die(ExitCode.FROZEN, "the process did not run", seconds=round(now - self._looked, 1))
        if now - self._beaten > self._stuck_s:
            die(ExitCode.STUCK, "the event loop did not turn", seconds=round(now - self._beaten, 1))

    def beat(self) -> None:
        """Tell that the event loop turns."""
        self._beaten = time.monotonic()

    def end(self) -> None:
        """Stop watching."""
        self._ended.set()
