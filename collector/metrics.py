"""The collector's metrics: every name stands here."""

from prometheus_client import CollectorRegistry, Gauge

from collector.counting import Tally, Timings
from collector.handlers import Outcome

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Metrics:
    """The metrics of one collector process, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Tally(
            "footprint_collector_requests", "Requests on ingest paths by entry and status.", ["entry", "status"], registry=self.registry
        )
        self.accepted = Tally("footprint_collector_events_accepted", "Events that are durable.", [], registry=self.registry)
        self.duplicate = Tally("footprint_collector_events_duplicate", "Repeats inside one request.", [], registry=self.registry)
        self.rejected = Tally("footprint_collector_events_rejected", "Events turned away, by reason.", ["reason"], registry=self.registry)
        self.warnings = Tally("footprint_collector_events_warned", "Events kept with a flaw, by flaw.", ["flaw"], registry=self.registry)
        self.not_durable = Tally(
            "footprint_collector_not_durable",
            "Requests whose events could not be made durable, by entry.",
            ["entry"],
            registry=self.registry,
        )
        self.ack_seconds = Timings(
            "footprint_collector_ack_seconds", "From publishing to the broker's acknowledgement.", SECONDS, registry=self.registry
        )
        self.bytes_in_flight = Gauge("footprint_collector_bytes_in_flight", "Bytes of requests not yet answered.", registry=self.registry)
        self.ready = Gauge("footprint_collector_ready", "1 while events can be made durable.", registry=self.registry)

    def count(self, outcome: Outcome) -> None:
        """Count the events of an outcome that is durable."""
        self.accepted.add((), outcome.accepted)
        if outcome.duplicate:
            self.duplicate.add((), outcome.duplicate)
        for rejection in outcome.rejected:
            self.rejected.add((rejection.reason.value,))
        for flaw, times in outcome.warnings.items():
            self.warnings.add((flaw,), times)
