"""The metrics of the streams, by name: the only file that names them."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily

from streams.faust_exact.engine import PartitionStatus

COMMIT_S = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
BY_PARTITION = ("hop", "partition")

LAG = "footprint_streams_lag_records"
WATERMARK_LAG = "footprint_streams_watermark_lag_seconds"
KEYS = "footprint_streams_state_keys"
BYTES = "footprint_streams_state_bytes"
TRIMMED = "footprint_streams_state_trimmed"


class StreamsMetrics:
    """An `Observer` that counts for Prometheus."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        labels = ("hop",)
        self._records = Counter("footprint_streams_records", "Source records absorbed.", labels, registry=self.registry)
        self._transactions = Counter("footprint_streams_transactions", "Transactions committed.", labels, registry=self.registry)
        self._commits = Histogram(
            "footprint_streams_commit_seconds", "Time to write a transaction.", labels, buckets=COMMIT_S, registry=self.registry
        )
        self._refused = Counter("footprint_streams_refused", "Source records refused and fetched again.", labels, registry=self.registry)
        self._rewinds = Counter("footprint_streams_rewinds", "Holes in what was fetched that were rewound.", labels, registry=self.registry)
        self._owned = Histogram("footprint_streams_own_seconds", "Time to take a partition over.", labels, registry=self.registry)
        self._counts = Counter("footprint_streams_events", "What the cores counted, by name.", ("hop", "count"), registry=self.registry)

    def committed(self, hop: str, records: int, counts: Mapping[str, int], seconds: float) -> None:
        """Count a transaction, its source records and what its core counted."""
        self._transactions.labels(hop).inc()
        self._commits.labels(hop).observe(seconds)
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

    def watch(self, partitions: Callable[[], Iterable[PartitionStatus]], clock: Callable[[], int]) -> None:
        """Show how each owned partition is doing, asked whenever somebody reads. `clock` returns Unix milliseconds."""
        self.registry.register(_PartitionGauges(partitions, clock))


class _PartitionGauges:
    """Lag, watermark and state of each partition, read when Prometheus asks."""

    def __init__(self, partitions: Callable[[], Iterable[PartitionStatus]], clock: Callable[[], int]) -> None:
        self._partitions = partitions
        self._clock = clock

    def describe(self) -> list[GaugeMetricFamily]:
        """Return the families without values: there is nobody to ask before the start."""
        return list(self._families().values())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield every family with its values."""
        families, now = self._families(), self._clock()
        for one in self._partitions():
            behind = (now - one.watermark) / 1000 if one.watermark else 0.0
            values = {LAG: one.lag, WATERMARK_LAG: behind, KEYS: one.keys, BYTES: one.size, TRIMMED: one.trimmed}
            for name, value in values.items():
                families[name].add_metric([one.hop, str(one.partition)], value)
        yield from families.values()

    def _families(self) -> dict[str, GaugeMetricFamily]:
        said = {
            LAG: "Records of the source not yet absorbed.",
            WATERMARK_LAG: "How far the watermark is behind the clock; 600 s when events come as they happen.",
            KEYS: "Visitors or subjects that state is kept of.",
            BYTES: "Bytes of keys and values of the state.",
            TRIMMED: "State values that were too large and lost their oldest details, since the partition was taken over.",
        }
        return {name: GaugeMetricFamily(name, text, labels=BY_PARTITION) for name, text in said.items()}
