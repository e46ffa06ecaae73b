"""What the capacity and soak runs send: the events of demo days, each in a request of its own, as a browser sends them.

Copies of a day have visitors, customers and ids of their own. Events come in the order of their times, so that sessions of the day
open and close while it is sent, only faster.
"""

import itertools
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from bench.load import post
from footprint.demo.day import Post, day_of
from footprint.demo.sending import requests_of

SITE = "demo"
PEOPLE = ("anonymousId", "userId", "previousId")
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"


class Traffic:
    """Requests, one after the other. `taken` counts them."""

    def __init__(self, copies: int, *, seed: int = 1) -> None:
        self.taken = 0
        self._messages = _messages(copies, seed)

    def take(self, count: int) -> list[bytes]:
        """Return the next requests; raises StopIteration's kin when the days are over."""
        taken = [_request(library, message) for library, message in itertools.islice(self._messages, count)]
        if len(taken) < count:
            raise ValueError(f"The days hold {self.taken + len(taken)} events. Ask for more copies.")
        self.taken += count
        return taken


def _messages(copies: int, seed: int) -> Iterator[tuple[str, dict[str, Any]]]:
    day = [(one.library, message) for one in day_of(seed, time.time_ns() // 1_000_000) for message in one.messages]
    day.sort(key=lambda pair: pair[1]["timestamp"])
    for library, message in day:
        for copy in range(copies):
            own = message | {"messageId": f"{copy:08x}{message['messageId'][8:]}"}
            own |= {name: f"{message[name]}-{copy}" for name in PEOPLE if message.get(name)}
            yield library, own


def _request(library: str, message: dict[str, Any]) -> bytes:
    sent_at = datetime.now(UTC).isoformat(timespec="milliseconds")
    (request,) = requests_of(Post(library, [message]), SITE, sent_at)
    return post(request.path, request.body, {"User-Agent": BROWSER, "Connection": "keep-alive"} | request.headers)
