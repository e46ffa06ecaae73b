"""A bound on how long somebody waits for Kafka: then this machine's disk takes the event, and the answer goes out.

One timer looks at all who wait: one for each request would cost more than the rest of the request.
"""

import asyncio
import time
from collections.abc import Sequence
from itertools import takewhile

from collector.ports import Done, Publication, Publisher

PATIENCE_S = 0.3
"""Nobody waits longer than this for a page or an image because Kafka is slow."""


class _Waiting:
    """A publication that was submitted, until it is settled the first time."""

    __slots__ = ("done", "others", "publication", "until")

    def __init__(self, publication: Publication, done: Done, others: "dict[_Waiting, None]", until: float) -> None:
        self.publication = publication
        self.done = done
        self.others = others
        self.until = until

    def settle(self, error: BaseException | None) -> None:
        """Tell what became of it, unless that is known: Kafka may answer after the disk."""
        if self.others.pop(self, self) is None:
            self.done(error)


class Patience:
    """Takes publications as the publisher does. What is not settled in time is kept on the disk, all that is due at once."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self._waiting: dict[_Waiting, None] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._keeping: set[asyncio.Task[None]] = set()

    def submit(self, publication: Publication, done: Done) -> None:
        """Call `done` once: when the publication is durable in Kafka or on the disk, with an error when in neither."""
        waiting = _Waiting(publication, done, self._waiting, time.monotonic() + PATIENCE_S)
        self._waiting[waiting] = None
        if self._timer is None:  # not for each request: the running loop is known by asking the system for this process' number
            self._timer = asyncio.get_running_loop().call_later(PATIENCE_S, self._look)
        self._publisher.submit(publication, waiting.settle)

    def _look(self) -> None:
        """Have kept what has waited long enough, and look again when the next will have."""
        loop, now = asyncio.get_running_loop(), time.monotonic()
        due = dict.fromkeys(takewhile(lambda one: one.until <= now, self._waiting))
        for one in due:
            del self._waiting[one]
            one.others = due
        following = next(iter(self._waiting), None)
        self._timer = loop.call_later(following.until - now, self._look) if following is not None else None
        if due:
            task = loop.create_task(self._keep(tuple(due)))
            self._keeping.add(task)
            task.add_done_callback(self._keeping.discard)

    async def _keep(self, due: Sequence[_Waiting]) -> None:
        error: BaseException | None = None
        try:
            await self._publisher.keep(_joined([one.publication for one in due]))
        except Exception as raised:  # noqa: BLE001 - whoever waits says what it means
            error = raised
        for one in due:
            one.settle(error)


def _joined(publications: Sequence[Publication]) -> Publication:
    """Return all publications as one, each partition in their order."""
    events: dict[int, list[bytes]] = {}
    rejected: list[tuple[bytes, bytes]] = []
    for publication in publications:
        for partition, lines in publication.events.items():
            events.setdefault(partition, []).extend(lines)
        rejected.extend(publication.rejected)
    return Publication(events, rejected)
