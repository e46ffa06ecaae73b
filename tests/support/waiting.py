"""Waiting for something to become true, with an end to it."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(condition: Callable[[], T], seconds: float = 30.0, *, every: float = 0.05) -> T:
    """Return the condition's first true value; fails when there is none within the time. AssertionErrors mean: not yet."""
    deadline = time.monotonic() + seconds
    while True:
        failed: AssertionError | None = None
        try:
            value = condition()
        except AssertionError as error:
            failed, value = error, None
        if value:
            return value
        if time.monotonic() > deadline:
            raise failed or AssertionError(f"not true within {seconds:g} s, the last value was {value!r}")
        time.sleep(every)
