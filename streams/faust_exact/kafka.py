"""The one door to aiokafka beside Faust's own consumer: transactional producers and the reader of state topics."""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

import aiokafka
from aiokafka.errors import IllegalStateError, KafkaError
from aiokafka.structs import TopicPartition

from schemas.connections import KafkaConnection
from schemas.transport import client_options
from streams.faust_exact.hop import Delivery

__all__ = [
    "BATCH_BYTES",
    "IllegalStateError",
    "KafkaError",
    "TopicPartition",
    "append_to",
    "are_open",
    "close",
    "connections_of",
    "failure_of",
    "producer_for",
    "reader_for",
    "transactions_of",
    "write_owed_markers",
]

BATCH_BYTES = 512 * 1024
"""Size of a batch; a single larger record goes in a batch of its own."""
REQUEST_TIMEOUT_MS = 30_000
CLOSE_S = 0.2
FETCH_BYTES = 4 * 1024 * 1024


def producer_for(delivery: Delivery, topic: str, partition: int) -> Any:
    """Return the transactional producer of a source partition, not started. Starting it fences every older one."""
    return aiokafka.AIOKafkaProducer(
        **client_options(delivery.connection),
        acks="all",
        transactional_id=f"{transactions_of(delivery.application, topic)}{partition}",
        transaction_timeout_ms=int(delivery.transaction_timeout_s * 1000),
        linger_ms=0,
        max_batch_size=BATCH_BYTES,
        request_timeout_ms=REQUEST_TIMEOUT_MS,
    )


def transactions_of(application: str, topic: str) -> str:
    """Return what the transactional ids of a source topic begin with; the partition follows."""
    return f"{application}-{topic}-"


def append_to(batch: Any, records: Sequence[tuple[bytes | None, bytes | None, list[tuple[str, bytes]]]], at: int) -> int:
    """Append records (key, value, headers) from `at` on to an empty batch, until it is full; return where the rest begins.

    A batch's own `append` asks for serializers first, of which ours have none: twice the time, for some records of every event.
    An empty batch takes a record of any size.
    """
    append = batch._builder.append  # noqa: SLF001  # see above
    number = 0
    for key, value, headers in records[at:] if at else records:
        if append(number, None, key, value, headers) is None:
            break
        number += 1
    batch._relative_offset = number  # noqa: SLF001  # see above
    batch.close()
    return at + number


async def write_owed_markers(producer: Any, partitions: Iterable[tuple[str, int]]) -> None:
    """Commit a transaction without records over partitions: a commit marker behind whatever is open in them.

    A broker that dies after it has acknowledged a commit, and before it has written the markers, writes them when it is
    back. Kafka 4.3.1 leaves out those of partitions that have no leader at that moment, and forgets them: the records stay
    invisible, and readers of committed records stop in front of them for ever. What is open at this point is committed, not
    abandoned: starting a producer has aborted that, and a running one waits for the end of every commit.
    """
    await producer.begin_transaction()
    for topic, number in partitions:
        producer._txn_manager.maybe_add_partition_to_txn(TopicPartition(topic, number))  # noqa: SLF001  # no public way without a record
    await producer.commit_transaction()


def connections_of(producer: Any) -> frozenset[Any]:
    """Return the producer's connections to brokers that are open now."""
    found = producer.client._conns.values()  # noqa: SLF001  # no public way to them
    return frozenset(connection for connection in found if connection.connected())


def are_open(connections: Iterable[Any]) -> bool:
    """True when none of the connections has been lost."""
    return all(connection.connected() for connection in connections)


def failure_of(producer: Any) -> BaseException | None:
    """Return why the producer's transaction failed, None when it did not.

    aiokafka notes it there and then answers every further call with an error about the state of the transaction.
    """
    waiter = producer._txn_manager.wait_for_transaction_end()  # noqa: SLF001  # no public way to it
    if waiter is None or not waiter.done() or waiter.cancelled():
        return None
    failure: BaseException | None = waiter.exception()
    return failure


def reader_for(connection: KafkaConnection) -> Any:
    """Return a consumer without a group that reads what is committed, from the earliest record, not started.

    `earliest` matters: with the default, `assign` starts a reset to the end that can overtake the seek that follows.
    The short wait keeps the last, empty fetch from costing half a second.
    """
    return aiokafka.AIOKafkaConsumer(
        **client_options(connection),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        max_partition_fetch_bytes=FETCH_BYTES,
        fetch_max_wait_ms=10,
    )


_closing: set[asyncio.Task[None]] = set()
"""Clients that are being closed: a task that nobody holds may be collected before it ends."""


async def close(client: Any) -> None:
    """Close a reader that is in no group, or a producer with nothing under way, waiting a moment at most; it goes on closing by itself.

    asyncio ends a TLS connection by asking the other side to, for up to 30 s. A broker need not answer (TLS 1.3), and a partition would wait.
    """
    task = asyncio.create_task(_stopped(client))
    _closing.add(task)
    task.add_done_callback(_closing.discard)
    await asyncio.wait([task], timeout=CLOSE_S)


async def _stopped(client: Any) -> None:
    with suppress(KafkaError, OSError):  # what was to be read or written has been
        await client.stop()
