"""The metrics of the sink, by name: the only file that names them."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from schemas.rejections import Reason
from sinks.ports import Insert

INSERT_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
AGE_S = (0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0, 86_400.0)


class SinkMetrics:
    """An `Observer` that counts for Prometheus. Tables are named without `ingest_`."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        by_table = ("table",)
        self._batches = Counter("footprint_sink_batches", "Inserts that the store has taken.", by_table, registry=self.registry)
        self._rows = Counter("footprint_sink_rows", "Rows of these inserts.", by_table, registry=self.registry)
        self._bytes = Counter("footprint_sink_stored_bytes", "Bytes of these rows, as JSON.", by_table, registry=self.registry)
        self._seconds = Histogram(
            "footprint_sink_insert_seconds", "Time that an insert took.", by_table, buckets=INSERT_S, registry=self.registry
        )
        self._age = Histogram(
            "footprint_sink_event_age_seconds",
            "From the collector's receipt of an event to the store: of the first event of each batch.",
            buckets=AGE_S,
            registry=self.registry,
        )
        self._retries = Counter(
            "footprint_sink_retries", "Inserts that the store did not take; they are made again.", by_table, registry=self.registry
        )
        self._refused = Counter(
            "footprint_sink_refused_inserts",
            "Inserts that the store would not have: they are taken apart to find the rows at fault.",
            by_table,
            registry=self.registry,
        )
        self._rejected = Counter(
            "footprint_sink_rejected_rows", "Rows that cannot be stored, by reason.", ("reason",), registry=self.registry
        )
        self._rejected.labels(Reason.UNSTORABLE.value)  # a counter that appears with its first failure is seen too late
        self.watch = SinkGauges(self.registry)

    def stored(self, table: str, insert: Insert) -> None:
        """Count an insert that is stored."""
        self._batches.labels(table).inc()
        self._rows.labels(table).inc(insert.rows)
        self._bytes.labels(table).inc(insert.size)
        self._seconds.labels(table).observe(insert.seconds)
        if insert.age_s is not None:
            self._age.observe(insert.age_s)

    def tried(self, table: str, *, refused: bool) -> None:
        """Count an insert that was not stored."""
        (self._refused if refused else self._retries).labels(table).inc()

    def rejected(self, reason: str) -> None:
        """Count a row that was turned away."""
        self._rejected.labels(reason).inc()


class SinkGauges:
    """How the sink stands; set before somebody reads."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.lag = Gauge("footprint_sink_lag_records", "Records that are not stored; NaN while that is unknown.", registry=registry)
        self.idle = Gauge("footprint_sink_idle_seconds", "Seconds since the last record arrived.", registry=registry)
        self.unstored_age = Gauge(
            "footprint_sink_unstored_age_seconds",
            "Age of the oldest record that was read and is not stored; 0 without one.",
            registry=registry,
        )
        self.partitions = Gauge("footprint_sink_partitions", "Partitions that this sink stores.", registry=registry)
        self.store_up = Gauge("footprint_sink_store_up", "1 while the store answers.", registry=registry)
