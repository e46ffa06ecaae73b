"""What the collector needs from the world: one place that makes events durable."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from schemas.errors import Retryable

Done = Callable[[BaseException | None], None]
"""Told once what became of a publication: None when it is durable, else why not."""


@dataclass(slots=True)  # a frozen one costs three times as much to make
class Publication:
    """What one request writes: encoded events by partition of the events topic, and rejected records by their key."""

    events: Mapping[int, Sequence[bytes]] = field(default_factory=dict)
    rejected: Sequence[tuple[bytes, bytes]] = ()
    traces: Mapping[int, Sequence[bytes]] | None = None
    """Requests that are followed, by partition (`schemas.tracing`)."""

    @property
    def size(self) -> int:
        """Bytes of all records."""
        size = 0
        for lines in self.events.values():
            size += sum(map(len, lines))
        for _, value in self.rejected:
            size += len(value)
        return size


@dataclass(frozen=True, slots=True)
class Spooled:
    """What is durable on this machine's disk only: records, bytes, and since when the oldest waits (Unix milliseconds)."""

    count: int = 0
    size: int = 0
    oldest_at: int | None = None


AWAY = "The broker does not acknowledge events. Check Kafka; clients keep their events and send them again."


class Refused(Retryable):
    """Kafka answered, and will not have this record: waiting alone does not help, so it is not spooled."""


class Delivery(Protocol):
    """Makes one flush durable. Called for one flush after another."""

    @property
    def spooled(self) -> Spooled:
        """What is durable only on this machine's disk and still has to be shipped."""

    async def connect(self) -> None:
        """Open the connection; raises Retryable when the broker does not answer and nothing else can keep events."""

    async def deliver(self, publication: Publication) -> None:
        """Return once every record is durable; raises Retryable when that cannot be said."""

    async def keep(self, publication: Publication) -> None:
        """Return once a publication is durable on this machine's disk; raises Retryable when it cannot be."""

    async def probe(self) -> str:
        """Return `ok`, or what else is to be known, when a flush would become durable now; raises Retryable when not."""

    async def close(self) -> None:
        """Close the connection, bounded in time."""


class Submits(Protocol):
    """Takes publications and tells later what became of them."""

    def submit(self, publication: Publication, done: Done) -> None:
        """Take a publication; call `done` exactly once."""


class Publisher(Submits, Protocol):
    """Makes publications durable, in the order of their arrival for each partition.

    One contract suite runs on every implementation (tests/contracts/test_publisher.py).
    """

    @property
    def spooled(self) -> Spooled:
        """What is durable only on this machine's disk and still has to be shipped."""

    async def start(self) -> None:
        """Open the connection; raises Retryable when the broker does not answer."""

    def submit(self, publication: Publication, done: Done) -> None:
        """Call `done` with None once every record is durable: acknowledged by all in-sync replicas, or in the spool.

        It is called with Retryable within the publisher's own deadline when that cannot be said, maybe before `submit`
        returns. The records may become durable all the same, later: the client resends the same ids and the streams drop
        duplicates.
        """

    async def keep(self, publication: Publication) -> None:
        """Return once a publication that was submitted and takes too long is durable on this machine's disk.

        It may become durable twice; the streams drop the repeat. Raises Retryable when there is no disk for it.
        """

    async def probe(self) -> str:
        """Return `ok`, or what else is to be known, when a publication would become durable now; raises Retryable when not.

        Never takes over 3 s.
        """

    async def close(self) -> None:
        """Make durable what is waiting, bounded in time, then close the connection."""


class Follows(Protocol):
    """Reads a compacted topic, and goes on reading."""

    async def follow(self, put: Callable[[bytes, bytes | None], None], whole: Callable[[], None]) -> None:
        """Call `put` with key and value of every record from the first on, None being a tombstone.

        `whole` is called whenever everything has been put that the topic held a moment ago, at least every few seconds while the broker answers.
        Raises Retryable when it does not; returns never.
        """


@dataclass(frozen=True, slots=True)
class Tables:
    """The topics that are followed: who must not be sent what, and what is known of whom. None: nobody can be told."""

    preferences: Follows | None = None
    profiles: Follows | None = None


async def publish(publisher: Submits, publication: Publication) -> None:
    """Return once every record is durable; raises what `submit` reports."""
    await settled(partial(publisher.submit, publication))


async def settled(submit: Callable[[Done], None]) -> None:
    """Hand a `Done` to `submit` and return once it is called without an error; raises the error otherwise."""
    waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def settle(error: BaseException | None) -> None:
        if waiter.done():  # its client left
            return
        if error is None:
            waiter.set_result(None)
        else:
            waiter.set_exception(error)

    submit(settle)
    await waiter
