"""The metrics of the streams, by name: the only file that names them."""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram


class StreamsMetrics:
    """An `Observer` that counts for Prometheus."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        labels = ("hop",)
        self._records = Counter("footprint_streams_records", "Source records absorbed.", labels, registry=self.registry)
        self._transactions = Counter("footprint_streams_transactions", "Transactions committed.", labels, registry=self.registry)
        self._refused = Counter("footprint_streams_refused", "Source records refused and fetched again.", labels, registry=self.registry)
        self._rewinds = Counter("footprint_streams_rewinds", "Holes in what was fetched that were rewound.", labels, registry=self.registry)
        self._owned = Histogram("footprint_streams_own_seconds", "Time to take a partition over.", labels, registry=self.registry)
        self._counts = Counter("footprint_streams_events", "What the cores counted, by name.", ("hop", "count"), registry=self.registry)

    def committed(self, hop: str, records: int, counts: Mapping[str, int]) -> None:
        """Count a transaction, its source records and what its core counted."""
        self._transactions.labels(hop).inc()
        self._records.labels(hop).inc(records)
        for name, number in counts.items():
            self._counts.labels(hop, name).inc(number)

    def refused(self, hop: str, records: int) -> None:
        """Count records that will be fetched again."""
        self._refused.labels(hop).inc(records)

    def rewound(self, hop: str) -> None:
        """Count a rewind."""
        self._rewinds.labels(hop).inc()

    def owned(self, hop: str, records: int, seconds: float) -> None:
        """Observe a take-over."""
        del records  # in the log
        self._owned.labels(hop).observe(seconds)
