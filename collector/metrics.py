"""The collector's metrics: every name stands here."""

import shutil
from collections.abc import Callable
from pathlib import Path

from prometheus_client import CollectorRegistry, Gauge, ProcessCollector

from collector.core.plans import PlanWarning
from collector.core.routes import MAILED, ROUTES
from collector.counting import Tally, Timings
from collector.handlers import Outcome
from collector.ports import Spooled

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
SKEW_SECONDS = (0.1, 0.5, 1.0, 5.0, 30.0, 60.0, 300.0, 3600.0, 86_400.0)

PLAN_WARNINGS = (
    "footprint_collector_plan_warnings",
    "Events kept although they break the tracking plan, by site, entry of the plan and rule.",
    ("site", "event", "rule"),
)


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
        self.refused = Tally("footprint_collector_refused", "Requests turned away as a whole, by code.", ["code"], registry=self.registry)
        self.warnings = Tally("footprint_collector_events_warned", "Events kept with a flaw, by flaw.", ["flaw"], registry=self.registry)
        self.plan_warnings = Tally(*PLAN_WARNINGS, registry=self.registry)
        self.not_durable = Tally(
            "footprint_collector_not_durable",
            "Requests whose events could not be made durable, by entry.",
            ["entry"],
            registry=self.registry,
        )
        for name in sorted({route.name for route in (*ROUTES.values(), *MAILED.values())}):
            self.not_durable.add((name,), 0)  # a counter that appears with its first failure is seen too late
        self.bad_tokens = Tally(
            "footprint_collector_bad_tokens",
            "Addresses of e-mails that footprint did not sign, by what they are for.",
            ["purpose"],
            registry=self.registry,
        )
        self.ack_seconds = Timings(
            "footprint_collector_ack_seconds", "From publishing to the broker's acknowledgement.", SECONDS, registry=self.registry
        )
        self.skew_seconds = Timings(
            "footprint_collector_skew_seconds",
            "How far the clocks of clients are off, either way; one request of sixteen is looked at.",
            SKEW_SECONDS,
            registry=self.registry,
        )
        self.bytes_in_flight = Gauge("footprint_collector_in_flight_bytes", "Bytes of requests not yet answered.", registry=self.registry)
        self.ready = Gauge("footprint_collector_ready", "1 while events can be made durable.", registry=self.registry)
        self.kafka_up = Gauge("footprint_collector_kafka_up", "1 while Kafka takes events.", registry=self.registry)
        ProcessCollector(registry=self.registry)

    def watch_spool(self, spooled: Callable[[], Spooled], now_ms: Callable[[], int]) -> None:
        """Read the spool's gauges from `spooled` whenever somebody asks."""
        events = Gauge(
            "footprint_collector_spool_events", "Records on this machine's disk that Kafka does not have.", registry=self.registry
        )
        size = Gauge("footprint_collector_spool_bytes", "Bytes of the spool.", registry=self.registry)
        age = Gauge("footprint_collector_spool_age_seconds", "Seconds that the oldest record is in the spool.", registry=self.registry)
        events.set_function(lambda: spooled().count)
        size.set_function(lambda: spooled().size)
        age.set_function(lambda: max(0, now_ms() - (spooled().oldest_at or now_ms())) / 1000)

    def watch_disk(self, folder: Path, limit: int) -> None:
        """Show how much of its disk the spool's folder may still take."""
        bounds = Gauge("footprint_collector_spool_limit_bytes", "Bytes that the spool may hold.", registry=self.registry)
        free = Gauge("footprint_collector_disk_free_bytes", "Bytes that are free on the disk of the spool.", registry=self.registry)
        bounds.set(limit)
        free.set_function(lambda: shutil.disk_usage(folder).free if folder.is_dir() else 0)

    def count(self, outcome: Outcome) -> None:
        """Count the events of an outcome that is durable."""
        self.accepted.add((), outcome.accepted)
        if outcome.duplicate:
            self.duplicate.add((), outcome.duplicate)
        if outcome.refusal:
            self.refused.add((outcome.refusal,))
        for rejection in outcome.rejected:
            self.rejected.add((rejection.reason.value,))
        for flaw, times in outcome.warnings.items():
            if isinstance(flaw, PlanWarning):
                self.plan_warnings.add(flaw, times)
                self.warnings.add(("plan_violation",), times)
            else:
                self.warnings.add((flaw,), times)
