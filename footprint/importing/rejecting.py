"""Writes unreadable lines to the rejected topic. The producer starts with the first one: most files have none."""

import asyncio
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from footprint.broker import explained
from footprint.importing.outcomes import Broken
from schemas.codec import dumps, key_partition
from schemas.connections import KafkaConnection
from schemas.errors import Retryable
from schemas.rejections import Rejection, record_of
from schemas.topics import REJECTED
from schemas.transport import client_options


class RejectedLines:
    """Records of stage `import`, acknowledged by all replicas. Use as an async context manager."""

    def __init__(self, connection: KafkaConnection, site: str, *, now_ms: Callable[[], int]) -> None:
        self._connection, self._site, self._now_ms = connection, site, now_ms
        self._starting = asyncio.Lock()
        self._producer: Any = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._producer:
            await self._producer.stop()

    async def reject(self, lines: Sequence[Broken]) -> None:
        """Write the lines; see `footprint.importing.ports.Rejecting`."""
        if not lines:
            return
        try:
            producer = await self._started()
            key = self._site.encode()
            partition = key_partition(key, len(await producer.partitions_for(REJECTED.name)))
            sent = [await producer.send(REJECTED.name, self._record(line), key=key, partition=partition) for line in lines]
            for future in sent:
                await future
        except KafkaError as error:
            away = Retryable(f"Cannot write rejected lines to Kafka: {error}. When it is back, run the same import again.")
            raise await explained(error, self._connection, away) from error

    def _record(self, line: Broken) -> bytes:
        rejection = Rejection(line.reason, line.message, event_id=line.event_id, original=line.original)
        return dumps(record_of(rejection, site=self._site, stage="import", received_at=self._now_ms()))

    async def _started(self) -> Any:
        async with self._starting:
            if self._producer is None:
                producer = AIOKafkaProducer(acks="all", enable_idempotence=True, **client_options(self._connection))
                await producer.start()
                self._producer = producer
        return self._producer
