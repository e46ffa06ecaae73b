"""The metrics of the console, by name: the only file that names them."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from console.ports import Journal, Nowhere

SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class ConsoleMetrics:
    """What people ask of the console, how long it takes, and whether the audit log has it."""

    def __init__(self, journal: Journal | None = None) -> None:
        self.registry = registry = CollectorRegistry()
        self._requests = Counter("footprint_console_requests", "Pages that people asked for, by status.", ("status",), registry=registry)
        self._seconds = Histogram("footprint_console_request_seconds", "Time to answer.", buckets=SECONDS, registry=registry)
        Gauge("footprint_console_ready", "1 while `/ready` answers 200.", registry=registry).set(1)
        ProcessCollector(registry=registry)
        registry.register(_AuditCollector(journal or Nowhere()))

    def answered(self, status: int, seconds: float) -> None:
        """Count an answer."""
        self._requests.labels(str(status)).inc()
        self._seconds.observe(seconds)


class _AuditCollector(Collector):
    """Asks the audit log at each scrape: what waits may have been left by another process, or by a command."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def collect(self) -> Iterator[Metric]:
        """Yield both metrics."""
        figures = self._journal.figures()
        entries = CounterMetricFamily("footprint_console_audit_entries", "Entries of the audit log, by what took them.", labels=["outcome"])
        for outcome, count in (("kept", figures.kept), ("waiting", figures.waited), ("refused", figures.refused)):
            entries.add_metric([outcome], count)
        yield entries
        yield GaugeMetricFamily(
            "footprint_console_audit_waiting_bytes", "Bytes of the audit log that wait in a file for Kafka.", value=figures.waiting_bytes
        )
