"""All overrides of Faust (0.15.3): its consumer, its transport, its application. Nothing else touches Faust's internals.

1. `read_committed` (Faust sets it only for its own exactly-once) and a short fetch wait: Faust fixes both in its code.
2. `rewind[tp] = offset`: the seek is done by the task that fetches, between two fetches, so that no fetch overlaps it.
3. `prev`: each record carries, in the unused field `checksum`, the offset of the record fetched before it; the offset before
   the position of our own seek for the first one after it; None after a seek that Faust did by itself.
4. What is committed to the group is our marker (`absorbed`), not Faust's intervals of acknowledged offsets: on a topic with
   holes those advance by one hole per commit, and they stall for ever after a seek beyond the committed offset.
"""

from collections.abc import Mapping
from typing import Any

import faust
from faust.transport.drivers import aiokafka as driver

from schemas.transport import tls_context
from streams.faust_exact.hop import Delivery, Hop
from streams.faust_exact.kafka import IllegalStateError

FETCH_WAIT_MS = 250
POLL_S = 0.25
"""Longest wait of one poll of what was fetched: a rewind waits for its end."""
FETCH_BYTES = 1024 * 1024
BUFFERED_RECORDS = 512
"""Records (of at most 256 KiB) that wait in the process, per agent."""
REQUEST_TIMEOUT_S = 40.0


class ExactThread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]  # Faust is not typed here
    """The thread that owns the aiokafka consumer."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._isolation_level = "read_committed"  # noqa: SLF001  # Faust offers no setting
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS  # noqa: SLF001  # Faust has 1500 fixed in its code
        return consumer

    async def seek_here(self, tp: Any, offset: int) -> None:
        """Seek inside the consumer's own thread; raises IllegalStateError when the partition is no longer ours."""
        await self.call_thread(self._ensure_consumer().seek, tp, offset)

    def progress(self, tp: Any) -> tuple[int | None, int | None]:
        """Return the fetch position and the end of the partition as of the last fetch; None where unknown."""
        assignment = self._ensure_consumer()._fetcher._subscriptions.subscription.assignment  # noqa: SLF001  # no public way to both
        if tp not in assignment.tps:
            return None, None
        state = assignment.state_value(tp)
        return (state.position if state.has_valid_position else None), state.highwater


class ExactConsumer(driver.Consumer):  # type: ignore[misc]  # Faust is not typed here
    """Faust's consumer, with the position in our hands."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.rewind: dict[Any, int] = {}
        self.prev: dict[Any, int] = {}
        self.absorbed: dict[Any, int] = {}
        self._positions: dict[Any, int | None] = {}

    def _new_consumer_thread(self) -> ExactThread:
        return ExactThread(self, loop=self.loop, beacon=self.beacon)

    def _new_offset(self, tp: Any) -> int | None:
        self._acked[tp].clear()
        self._acked_index[tp].clear()
        marker = self.absorbed.get(tp)
        return None if marker is None else marker + 1

    async def _add_gap(self, tp: Any, offset_from: int, offset_to: int) -> None:
        """Holes need no bookkeeping: see `_new_offset`."""

    async def seek_to_committed(self) -> Mapping[Any, int]:
        """Seek where the group's offsets say. What the fetch returns after it has no `prev`."""
        self.prev.clear()
        offsets: Mapping[Any, int] = await super().seek_to_committed()
        self.prev.clear()
        return offsets

    async def _wait_next_records(self, timeout: float) -> tuple[Any, Any]:  # noqa: ASYNC109  # Faust's signature
        records, active = await super()._wait_next_records(min(timeout, POLL_S))
        for tp, fetched in (records or {}).items():
            self._chain(tp, fetched)
        while self.rewind and self.flow_active:
            tp, offset = self.rewind.popitem()
            if await self._rewound(tp, offset) and records:
                records = {other: fetched for other, fetched in records.items() if other != tp}
        self._positions = {tp: self._thread.progress(tp)[0] for tp in self.assignment()}
        return records, active

    def _chain(self, tp: Any, fetched: list[Any]) -> None:
        last = self.prev.get(tp)
        for record in fetched:
            object.__setattr__(record, "checksum", last)  # a frozen record, and a field that nobody reads
            if last is not None:
                last = record.offset
        if last is not None:
            self.prev[tp] = last

    async def _rewound(self, tp: Any, offset: int) -> bool:
        try:
            await self._thread.seek_here(tp, offset)
        except IllegalStateError:  # no longer ours
            return False
        self._read_offset[tp] = offset or None
        self.prev[tp] = offset - 1
        return True

    def lag(self, tp: Any, marker: int) -> int:
        """Return the records behind the end, as of the last fetch: exactly 0 when nothing visible is left, else at least 1.

        The fetch position passes control records, the marker does not: at the end of the partition it is the position that
        counts, together with the last record that the fetch returned. (A position is noted after its records' `prev`.)
        """
        end = self._thread.progress(tp)[1]
        position, last = self._positions.get(tp), self.prev.get(tp)
        if end is None or position is None or last is None:
            return 1
        if position >= end and last <= marker and tp not in self.rewind:
            return 0
        return max(1, int(end) - marker - 1)


class ExactTransport(driver.Transport):  # type: ignore[misc]  # Faust is not typed here
    """Faust's transport, with our consumer."""

    Consumer = ExactConsumer


class ExactApp(faust.App):  # type: ignore[misc]  # Faust is not typed here
    """Faust's application, with our transport."""

    def _new_transport(self) -> ExactTransport:
        return ExactTransport(self.conf.broker_consumer, self)

    def _create_directories(self) -> None:
        """Nothing is kept in files."""


def create_app(delivery: Delivery) -> ExactApp:
    """Return the Faust application, without agents. Call it inside the event loop that will run it."""
    return ExactApp(
        delivery.application,
        broker=[f"kafka://{address.strip()}" for address in delivery.connection.bootstrap.split(",")],
        broker_credentials=_credentials(delivery),
        key_serializer="raw",
        value_serializer="raw",
        topic_partitions=delivery.partitions,
        topic_disable_leader=True,
        topic_allow_declare=False,
        web_enabled=False,
        worker_redirect_stdouts=False,
        broker_session_timeout=delivery.session_s,
        broker_heartbeat_interval=max(delivery.session_s / 6, 0.5),
        broker_rebalance_timeout=max(delivery.session_s, 10.0),
        broker_request_timeout=max(delivery.session_s, REQUEST_TIMEOUT_S),
        broker_commit_interval=1.0,
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=delivery.instance or None,
        consumer_max_fetch_size=FETCH_BYTES,
        stream_buffer_maxsize=BUFFERED_RECORDS,
        broker_max_poll_records=BUFFERED_RECORDS,
    )


def topic_of(app: ExactApp, hop: Hop, partitions: int) -> Any:
    """Return the Faust topic of a hop's source: raw bytes."""
    return app.topic(hop.source.name, key_type=bytes, value_type=bytes, partitions=partitions)


def _credentials(delivery: Delivery) -> Any:
    connection = delivery.connection
    context = tls_context(connection.tls) if connection.tls else None
    if connection.security_protocol.startswith("SASL"):
        return faust.SASLCredentials(
            mechanism=connection.sasl_mechanism,
            username=connection.sasl_username,
            password=connection.sasl_password,
            ssl_context=context,
        )
    return faust.SSLCredentials(context) if context else None
