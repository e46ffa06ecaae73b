"""The metrics of the webhooks, by name: the only file that names them."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

BUCKETS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600, 3600, 21_600, 86_400)


class WebhookMetrics:
    """An `Observer` that counts for Prometheus. Addresses are named by the operator's names, never by URL."""

    def __init__(self, registry: CollectorRegistry) -> None:
        labels = ("address", "outcome")
        self._calls = Counter("footprint_webhooks_calls", "Attempts.", labels, registry=registry)
        self._alerts = Counter("footprint_webhooks_alerts", "Alerts that are done.", labels, registry=registry)
        self._seconds = Histogram(
            "footprint_webhooks_delivery_seconds",
            "From the signal to the receiver's answer.",
            ("address",),
            buckets=BUCKETS,
            registry=registry,
        )
        self._pending = Gauge("footprint_webhooks_pending", "Alerts that are not done.", ("address",), registry=registry)

    def expect(self, address: str) -> None:
        """Show an address that was not called yet: a counter that appears with its first dead letter is seen too late."""
        for outcome in ("delivered", "dead_lettered"):
            self._alerts.labels(address, outcome)

    def called(self, address: str, outcome: str) -> None:
        """Count an attempt."""
        self._calls.labels(address, outcome).inc()

    def ended(self, address: str, outcome: str, seconds: float) -> None:
        """Count an alert that is done."""
        self._alerts.labels(address, outcome).inc()
        if outcome == "delivered":
            self._seconds.labels(address).observe(seconds)

    def waiting(self, address: str, pending: int) -> None:
        """Note how many alerts wait."""
        self._pending.labels(address).set(pending)
