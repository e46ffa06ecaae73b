"""The console's door to Kafka: appends steps of tasks, entries of the audit log and calls of webhooks. It reads signals by `sinks.kafka`."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from schemas.codec import dumps, key_partition
from schemas.connections import KafkaConnection
from schemas.errors import Retryable
from schemas.topics import AUDIT, DELIVERIES, TASKS, Topic
from schemas.transport import client_options

log = structlog.get_logger()

WRITES = (TASKS, AUDIT, DELIVERIES)
TASKS_GROUP = "footprint-tasks"
"""The consumer group that reads signals to open tasks."""

CONNECT_S = 15.0
LONGEST_S = 1.0
"""How long somebody who waits for a page waits for Kafka."""
AWAY_S = 2.0
"""After a failure nobody waits for so long: Kafka is taken to be away."""
AWAY = "Kafka has not confirmed this ({}). Send it again when Kafka is back, Health shows how it is: nothing is doubled by that."


class KafkaWriter:
    """The `Writer` of `console.ports`: an idempotent producer that waits for all replicas, and connects when it is first needed."""

    def __init__(self, connection: KafkaConnection) -> None:
        self._connection = connection
        self._producer: Any = None
        self._starting = asyncio.Lock()
        self._away_until = 0.0
        self._last = ""

    async def connect(self) -> None:
        """Connect ahead of the first who needs it; no matter when it fails."""
        with suppress(KafkaError, OSError, TimeoutError):
            await asyncio.wait_for(self._started(), CONNECT_S)

    async def append(self, topic: Topic, key: str, value: Mapping[str, Any], *, longest_s: float = LONGEST_S) -> None:
        """Write one value; durable on all replicas when this returns. Raises Retryable after `longest_s`, and while Kafka is away."""
        if time.monotonic() < self._away_until:
            raise Retryable(AWAY.format(self._last))
        try:
            await asyncio.wait_for(self._append(topic, key, value), longest_s)
        except (KafkaError, OSError, TimeoutError) as error:
            self._last, self._away_until = type(error).__name__, time.monotonic() + AWAY_S
            log.warning("console_write_failed", topic=topic.name, reason=self._last)
            raise Retryable(AWAY.format(self._last)) from error

    async def _append(self, topic: Topic, key: str, value: Mapping[str, Any]) -> None:
        producer = await self._started()
        partitions = len(await producer.partitions_for(topic.name))
        place = key_partition(key.encode("utf-8", "surrogatepass"), partitions)
        await producer.send_and_wait(topic.name, dumps(dict(value)), key=key.encode("utf-8", "surrogatepass"), partition=place)

    async def _started(self) -> Any:
        async with self._starting:
            if self._producer is None:
                producer = AIOKafkaProducer(acks="all", enable_idempotence=True, **client_options(self._connection))
                try:
                    await producer.start()
                except BaseException:
                    await producer.stop()
                    raise
                self._producer = producer
        return self._producer

    async def stop(self) -> None:
        """Flush and disconnect."""
        if self._producer is not None:
            await self._producer.stop()
        self._producer = None
