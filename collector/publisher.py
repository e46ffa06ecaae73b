"""The collector's publisher: a group commit over a delivery to Kafka, with or without a spool behind it."""

from collector.group import GroupCommit
from collector.ports import AWAY, Delivery, Done, Publication, Spooled
from schemas.errors import Retryable


class GroupPublisher:
    """The `Publisher` of production: see collector/ports.py for the promise."""

    def __init__(self, delivery: Delivery, *, linger_s: float = 0.0, deadline_s: float = 4.0) -> None:
        self._delivery = delivery
        self._group = GroupCommit(delivery.deliver, linger_s=linger_s, deadline_s=deadline_s)

    @property
    def spooled(self) -> Spooled:
        """What is durable only on this machine's disk and still has to be shipped."""
        return self._delivery.spooled

    async def start(self) -> None:
        """Connect; raises Retryable when events could not be made durable."""
        await self._delivery.connect()
        self._group.start()

    def submit(self, publication: Publication, done: Done) -> None:
        """Call `done` once every record is durable, with Retryable within 5 s when not."""
        self._group.submit(publication, done)

    async def keep(self, publication: Publication) -> None:
        """See the port."""
        await self._delivery.keep(publication)

    async def probe(self) -> str:
        """Return what is to be known when a publication would become durable now; raises Retryable when not."""
        if self._group.stalled:
            raise Retryable(AWAY)
        return await self._delivery.probe()

    async def close(self) -> None:
        """Flush what is waiting, bounded in time, then disconnect."""
        await self._group.close()
        await self._delivery.close()
