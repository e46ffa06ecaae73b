"""The sink's only door to Kafka: records by partition, plans as offset metadata, and the rejected topic."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from aiokafka.structs import OffsetAndMetadata

from schemas.codec import dumps, key_partition
from schemas.connections import KafkaConnection
from schemas.errors import Misconfigured, Retryable
from schemas.topics import REJECTED
from schemas.tracing import carried
from schemas.transport import client_options
from sinks.core.planning import Plan, Record, decode, encode
from sinks.ports import Partition, Place

GROUP = "footprint-sink"
FETCH_BYTES = 8 * 1024 * 1024
CALL_TIMEOUT_S = 10.0
JOIN_WAIT_S = 1.0
SESSION_MS = 6_000
"""How soon the partitions of a member that died go to another."""
FOREVER_MS = 7 * 86_400_000
"""While the store is away nothing is polled, for as long as it takes; the heartbeat tells that this member lives."""


Begin = Literal["earliest", "latest"]
"""Where a group begins that has committed nothing: with everything that is there, or with what comes."""


class KafkaSource(ConsumerRebalanceListener):  # type: ignore[misc] # aiokafka has no types
    """The `Source` of `sinks.ports`: one member of the group `footprint-sink`."""

    def __init__(
        self,
        connection: KafkaConnection,
        topics: Sequence[str],
        *,
        group: str = GROUP,
        session_ms: int = SESSION_MS,
        begin: Begin = "earliest",
    ) -> None:
        self._begin = begin
        self._topics = topics
        self._group = group
        self._session_ms = session_ms
        self._marks: dict[Partition, object] = {}
        self._places: dict[Partition, Place] = {}
        self._committing = asyncio.Lock()
        self._connection = connection
        self._admin: Any = None
        self._consumer: Any = None

    async def start(self) -> None:
        """Connect and join the group; raises Retryable when the broker is away, and may then be called again."""
        self._admin = AIOKafkaAdminClient(**client_options(self._connection))
        self._consumer = self._new_consumer()
        try:
            await self._admin.start()
            self._consumer.subscribe(self._topics, listener=self)
            await self._consumer.start()
        except KafkaError as error:
            await self.stop()
            raise Retryable(f"Kafka does not answer ({type(error).__name__}). Check that it runs.") from error

    async def stop(self) -> None:
        """Leave the group."""
        if self._consumer is not None:
            await self._consumer.stop()
        if self._admin is not None:
            await self._admin.close()
        self._consumer = self._admin = None

    def _new_consumer(self) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            group_id=self._group,
            enable_auto_commit=False,
            auto_offset_reset=self._begin,
            isolation_level="read_committed",
            max_partition_fetch_bytes=FETCH_BYTES,
            fetch_max_wait_ms=250,
            max_poll_interval_ms=FOREVER_MS,
            session_timeout_ms=self._session_ms,
            heartbeat_interval_ms=self._session_ms // 4,
            rebalance_timeout_ms=30_000,
            **client_options(self._connection),
        )

    def assigned(self) -> Mapping[Partition, object]:
        """Return the partitions of this member with their marks; see `sinks.ports.Source`."""
        return self._marks

    def places(self) -> Mapping[Partition, Place]:
        """Return how far each partition was read; see `sinks.ports.Source`."""
        return self._places

    async def poll(self, timeout_s: float) -> Mapping[Partition, Sequence[Record]]:
        """Return what arrived; see `sinks.ports.Source`."""
        try:
            batches = await asyncio.wait_for(self._consumer.getmany(timeout_ms=int(timeout_s * 1000)), timeout_s + JOIN_WAIT_S)
        except TimeoutError:
            return {}  # the group is being joined, which takes what it takes
        except KafkaError as error:
            raise Retryable(f"Kafka gave no records ({type(error).__name__}). Check the broker.") from error
        marks = self._marks  # no other task ran since the records were handed over
        await self._note_places()
        if marks is not self._marks:
            return {}  # read under an assignment that ended meanwhile: whoever holds them now reads them again
        return {Partition(tp.topic, tp.partition): [_record(record) for record in records] for tp, records in batches.items()}

    async def committed(self, partitions: Sequence[Partition]) -> Mapping[Partition, Plan | None]:
        """Return the plans behind the committed offsets; raises Misconfigured for the plan of another version."""
        wanted = [TopicPartition(*partition) for partition in partitions]
        try:
            offsets = await asyncio.wait_for(self._admin.list_consumer_group_offsets(self._group, partitions=wanted), CALL_TIMEOUT_S)
        except (KafkaError, TimeoutError) as error:
            raise Retryable(f"Kafka gave no committed offsets ({type(error).__name__}). Check the broker.") from error
        return {partition: _plan(offsets.get(TopicPartition(*partition))) for partition in partitions}

    async def commit(self, offsets: Mapping[Partition, tuple[int, Plan | None]], marks: Mapping[Partition, object]) -> bool:
        """Commit next offsets with their plans; False when a partition was lost; see `sinks.ports.Source`."""
        wanted = {TopicPartition(*partition): (offset, encode(plan)) for partition, (offset, plan) in offsets.items()}
        async with self._committing:  # a rebalance waits for it: a commit never carries the next generation's number
            if any(self._marks.get(partition) is not marks[partition] for partition in offsets):
                return False
            try:
                await asyncio.wait_for(self._consumer.commit(wanted), CALL_TIMEOUT_S)
            except (CommitFailedError, IllegalStateError):
                return False
            except (KafkaError, TimeoutError) as error:
                raise Retryable(f"Kafka took no offsets ({type(error).__name__}). Check the broker.") from error
        return True

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        """Give up all partitions before the group is joined anew."""
        del revoked  # the protocol is eager: all of them
        async with self._committing:
            self._marks, self._places = {}, {}

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """Hold the assigned partitions from here on, each under a new mark."""
        self._marks = {Partition(tp.topic, tp.partition): object() for tp in assigned}
        self._places = {}

    async def _note_places(self) -> None:
        for partition in list(self._marks):
            tp = TopicPartition(*partition)
            try:
                end = self._consumer.last_stable_offset(tp)
                if end is not None and end >= 0:
                    position = await asyncio.wait_for(self._consumer.position(tp), 1.0)
                    self._places[partition] = Place(position, end, int(self._consumer.last_poll_timestamp(tp) or 0))
            except (AssertionError, IllegalStateError, KafkaError, TimeoutError):
                self._places.pop(partition, None)  # no longer ours, or its position is being looked up


class RejectedTopic:
    """The `Rejected` of `sinks.ports`: an idempotent producer that waits for all replicas."""

    def __init__(self, connection: KafkaConnection, *, topic: str = REJECTED.name) -> None:
        self._connection = connection
        self._topic = topic
        self._producer: Any = None

    async def start(self) -> None:
        """Connect; raises Retryable when the broker is away, and may then be called again."""
        self._producer = AIOKafkaProducer(acks="all", enable_idempotence=True, **client_options(self._connection))
        try:
            await self._producer.start()
        except KafkaError as error:
            await self.stop()
            raise Retryable(f"Kafka does not answer ({type(error).__name__}). Check that it runs.") from error

    async def stop(self) -> None:
        """Flush and disconnect."""
        if self._producer is not None:
            await self._producer.stop()
        self._producer = None

    async def reject(self, records: Sequence[Mapping[str, str | int]]) -> None:
        """Write records of the rejected topic durably; see `sinks.ports.Rejected`."""
        try:
            partitions = len(await self._producer.partitions_for(self._topic))
            for record in records:
                key = str(record["site"]).encode("utf-8", "surrogatepass")
                await self._producer.send_and_wait(self._topic, dumps(dict(record)), key=key, partition=key_partition(key, partitions))
        except KafkaError as error:
            raise Retryable(f"Kafka took no rejected record ({type(error).__name__}). Check the broker.") from error


def _record(record: ConsumerRecord) -> Record:
    return Record(record.offset, record.timestamp, record.key, record.value, carried(record.headers))


def _plan(committed: OffsetAndMetadata | None) -> Plan | None:
    if committed is None or committed.offset < 0:
        return None
    try:
        return decode(committed.offset, committed.metadata)
    except ValueError as error:
        raise Misconfigured(f"Group {GROUP} carries an {error}. Run the footprint that wrote it once, until its lag is 0.") from error
