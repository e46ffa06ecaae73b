"""Kafka: an idempotent producer with acks=all. The only module of the collector that knows aiokafka."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from itertools import zip_longest
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import BrokerResponseError, KafkaError

from collector.core.records import records_of
from collector.ports import AWAY, Publication, Refused, Spooled
from schemas import codec
from schemas.connections import KafkaConnection
from schemas.errors import Retryable
from schemas.topics import EVENTS, REJECTED, Topic
from schemas.tracing import HEADER
from schemas.transport import client_options

log = structlog.get_logger()

BATCH_BYTES = 768 * 1024
"""One produce batch: three full records, under the megabyte that a broker takes by default."""

REQUEST_TIMEOUT_MS = 5000
REFUSED = "Kafka refuses the events: {}. Correct the topic or the rights of the collector; clients send them again."
UNREAD = "Kafka does not answer. Check it; what is known is told for half a minute, then nobody is told anything."
START_TIMEOUT_S = 20.0
CONFIRM_S = 5.0
"""A follower asks so often how far the topic goes: an empty fetch looks the same when the broker is away."""

FETCH_MS = 250
MAX_RECORDS = 2_000
PROBE_TIMEOUT_S = 2.0

WRITES = (EVENTS, REJECTED)
"""The topics of the collector: it may write to no other."""

Headers = list[tuple[str, bytes]]
NO_HEADERS: Headers = []
Target = tuple[str, int, Any]


class KafkaDelivery:
    """The `Delivery` of production: see collector/ports.py for the promise.

    A producer whose batch was refused is replaced: the broker would take its later sequence numbers for gaps. `check` runs
    before the first producer is made, as often as it takes; `explain` says what is wrong when a later one cannot be made.
    """

    def __init__(
        self,
        connection: KafkaConnection,
        *,
        partitions: int,
        check: Callable[[], Awaitable[None]] | None = None,
        explain: Callable[[BaseException, Retryable], Awaitable[Exception]] | None = None,
    ) -> None:
        self._connection = connection
        self._partitions = partitions
        self._check = check
        self._explain = explain
        self._producer: Any = None
        self._connecting = asyncio.Lock()
        self.spooled = Spooled()

    async def connect(self) -> None:
        """Connect; raises Retryable when the broker does not answer."""
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                await self._connected()
        except TimeoutError as error:
            raise Retryable(f"Kafka at {self._connection.bootstrap} does not answer. Start it, or correct its address.") from error

    async def probe(self) -> str:
        """Return when every partition of both topics has a leader that answers; raises Retryable when not."""
        try:
            async with asyncio.timeout(PROBE_TIMEOUT_S):
                producer = await self._connected()
                fresh = await producer.client.force_metadata_update()
        except (KafkaError, OSError) as error:
            raise Retryable(AWAY) from error
        cluster = producer.client.cluster
        led = (len(cluster.available_partitions_for_topic(topic.name) or ()) for topic in WRITES)
        if not fresh or min(led) < self._partitions:
            raise Retryable(AWAY)
        return "ok"

    async def close(self) -> None:
        """Disconnect; with the broker away it gives up after a few seconds."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await _stop(producer)

    async def _connected(self) -> Any:
        async with self._connecting:
            if self._check is not None:
                await self._check()
                self._check = None
            if self._producer is None:
                self._producer = await self._new_producer()
            return self._producer

    async def _new_producer(self) -> Any:
        producer = AIOKafkaProducer(
            acks="all",
            enable_idempotence=True,
            linger_ms=0,
            max_batch_size=BATCH_BYTES,
            request_timeout_ms=REQUEST_TIMEOUT_MS,
            **client_options(self._connection),
        )
        try:
            await producer.start()
            for topic in WRITES:
                await producer.partitions_for(topic.name)
        except BaseException as error:
            await _stop(producer)
            if isinstance(error, (KafkaError, OSError)):
                raise await self._unreached(error) from error
            raise
        return producer

    async def _unreached(self, error: BaseException) -> Retryable:
        """Whatever is wrong now was right at the start: it is waited for."""
        away = Retryable(f"Kafka at {self._connection.bootstrap} does not answer. Start it, or correct its address.")
        return away if self._explain is None else Retryable(str(await self._explain(error, away)))

    async def deliver(self, publication: Publication) -> None:
        """Return once every record is acknowledged by all in-sync replicas; while the broker is away that takes until it is back.

        Raises Retryable when a record could not be written, `Refused` when the broker will not have it. A cancelled
        delivery leaves its producer behind: what that still holds cannot be called back.
        """
        producer = await self._connected()
        try:
            refused = await _send(producer, publication, self._partitions)
        except asyncio.CancelledError:
            await self._replace(producer)
            raise
        if refused is None:
            return
        log.warning("producer_replaced", error=type(refused).__name__)
        await self._replace(producer)
        if isinstance(refused, BrokerResponseError) and not refused.retriable:
            raise Refused(REFUSED.format(type(refused).__name__)) from refused
        raise Retryable(AWAY) from refused

    async def keep(self, publication: Publication) -> None:  # noqa: ARG002 - the port's
        """Kafka has no disk of this machine."""
        raise Retryable(AWAY)

    async def _replace(self, producer: Any) -> None:
        if self._producer is producer:
            self._producer = None
        await _stop(producer)


class KafkaTable:
    """A compacted topic, read for as long as it is wanted (`Follows` of collector/ports.py)."""

    def __init__(self, connection: KafkaConnection, topic: Topic, *, partitions: int) -> None:
        self._connection = connection
        self._partitions = [TopicPartition(topic.name, number) for number in range(partitions)]

    async def follow(self, put: Callable[[bytes, bytes | None], None], whole: Callable[[], None]) -> None:
        """See the port."""
        # in a task of its own: aiokafka cancels whoever waits for an answer on a connection that ends, and that is not our end
        reading = asyncio.ensure_future(self._follow(put, whole))
        try:
            await asyncio.wait({reading})
        finally:
            reading.cancel()
            await asyncio.wait({reading})
        if reading.cancelled():
            raise Retryable(UNREAD)
        reading.result()

    async def _follow(self, put: Callable[[bytes, bytes | None], None], whole: Callable[[], None]) -> None:
        # with `latest`, the default, `assign` would begin a reset to the end that can overtake the seek
        consumer = AIOKafkaConsumer(
            auto_offset_reset="earliest", enable_auto_commit=False, isolation_level="read_committed", **client_options(self._connection)
        )
        try:
            await consumer.start()
            consumer.assign(self._partitions)
            await consumer.seek_to_beginning(*self._partitions)
            await self._read_on(consumer, put, whole)
        except (KafkaError, OSError) as error:  # a timeout is an OSError too
            raise Retryable(UNREAD) from error
        finally:
            await consumer.stop()

    async def _read_on(self, consumer: Any, put: Callable[[bytes, bytes | None], None], whole: Callable[[], None]) -> None:
        while True:
            async with asyncio.timeout(PROBE_TIMEOUT_S):
                ends = await consumer.end_offsets(self._partitions)
            until = time.monotonic() + CONFIRM_S
            behind = True
            while behind or time.monotonic() < until:
                for records in (await consumer.getmany(timeout_ms=FETCH_MS, max_records=MAX_RECORDS)).values():
                    for record in records:
                        if lies_at_home(record, len(self._partitions)):
                            put(record.key, record.value)
                if behind and all([await consumer.position(one) >= ends[one] for one in self._partitions]):
                    behind = False
                    whole()


def lies_at_home(record: Any, partitions: int) -> bool:
    """True when a record lies where its key belongs.

    A topic that has grown (`footprint topics grow`) still holds keys, and their tombstones, where they were before: these may
    be read after what has come since, and say nothing of it.
    """
    return codec.key_partition(record.key, partitions) == int(record.partition)


async def _send(producer: Any, publication: Publication, partitions: int) -> BaseException | None:
    """Send, wait for every acknowledgement, and return why one did not come."""
    acknowledgements: list[Any] = []
    refused: BaseException | None = None
    try:
        for topic, partition, batch in _rounds(producer, publication, partitions):
            acknowledgements.append(await producer.send_batch(batch, topic, partition=partition))
    except KafkaError as error:
        refused = error
    results = await asyncio.gather(*acknowledgements, return_exceptions=True)
    return refused or next((result for result in results if isinstance(result, BaseException)), None)


def _rounds(producer: Any, publication: Publication, partitions: int) -> Iterator[Target]:
    """Yield one batch of every partition, then the second ones: a partition takes its next batch when the last has left."""
    traces = publication.traces or {}
    queues = [list(_events(producer, partition, lines, traces.get(partition, ()))) for partition, lines in publication.events.items()]
    queues.append(list(_rejected(producer, publication, partitions)))
    for round_ in zip_longest(*queues):
        yield from (target for target in round_ if target is not None)


def _events(producer: Any, partition: int, lines: Sequence[bytes], traces: Sequence[bytes]) -> Iterator[Target]:
    values: list[tuple[bytes | None, bytes]] = [(None, record) for record in records_of(lines)]
    headers = [(HEADER, context) for context in traces[:1]]
    yield from ((EVENTS.name, partition, batch) for batch in _batches(producer, values, headers))


def _rejected(producer: Any, publication: Publication, partitions: int) -> Iterator[Target]:
    by_partition: dict[int, list[tuple[bytes | None, bytes]]] = {}
    for key, value in publication.rejected:
        by_partition.setdefault(codec.key_partition(key, partitions), []).append((key, value))
    for partition, values in by_partition.items():
        yield from ((REJECTED.name, partition, batch) for batch in _batches(producer, values))


def _batches(producer: Any, values: list[tuple[bytes | None, bytes]], headers: Headers = NO_HEADERS) -> Iterator[Any]:
    batch = producer.create_batch()
    for key, value in values:
        if batch.append(timestamp=None, key=key, value=value, headers=headers) is None:
            batch.close()
            yield batch
            batch = producer.create_batch()
            batch.append(timestamp=None, key=key, value=value, headers=headers)
    batch.close()
    yield batch


async def _stop(producer: Any) -> None:
    """Stop a producer. With the broker away, aiokafka waits for batches without end: then only its connections are closed."""
    with suppress(KafkaError):
        try:
            async with asyncio.timeout(2):
                await producer.stop()
        except TimeoutError:
            log.warning("producer_abandoned")
            await producer.client.close()
