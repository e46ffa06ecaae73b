"""The metrics of the console, by name: the only file that names them."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class ConsoleMetrics:
    """What people ask of the console, and how long it takes."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry = registry or CollectorRegistry()
        self._requests = Counter("footprint_console_requests", "Pages that people asked for, by status.", ("status",), registry=registry)
        self._seconds = Histogram("footprint_console_request_seconds", "Time to answer.", buckets=SECONDS, registry=registry)
        Gauge("footprint_console_ready", "1 while `/ready` answers 200.", registry=registry).set(1)
        ProcessCollector(registry=registry)

    def answered(self, status: int, seconds: float) -> None:
        """Count an answer."""
        self._requests.labels(str(status)).inc()
        self._seconds.observe(seconds)
