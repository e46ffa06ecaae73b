"""The metrics of the rebuild, and what it sees of the store, by name: the only file that names them."""

from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from footprint.rebuilding import Round
from sinks.clickhouse.figures import Figures

ROUND_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)


@dataclass(frozen=True, slots=True)
class Pass:
    """One round that worked: what it did, the days it counted anew, the marks that stand after it, how long it took and when it ended."""

    done: Round
    days: int
    waiting: int
    seconds: float
    ended_at: float


class RebuildMetrics:
    """What the rebuild does."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry = registry or CollectorRegistry()
        self._rounds = Histogram("footprint_rebuild_round_seconds", "Time that a round took.", buckets=ROUND_S, registry=registry)
        self._last = Gauge(
            "footprint_rebuild_last_round_timestamp_seconds", "When the last round that worked ended, Unix seconds.", registry=registry
        )
        self._failures = Counter("footprint_rebuild_failures", "Rounds that store or broker did not let through.", registry=registry)
        self._marks = Gauge("footprint_rebuild_marks", "Visitors and days that wait for the rebuild.", registry=registry)
        self._taken = Counter("footprint_rebuild_marks_done", "Marks that were taken up and away.", registry=registry)
        self._sessions = Counter("footprint_rebuild_sessions", "Sessions written or removed as corrections.", registry=registry)
        self._moved = Counter("footprint_rebuild_events_moved", "Events that got another session.", registry=registry)
        self._bases = Counter("footprint_rebuild_histories", "Owners whose history was told to the streams.", registry=registry)
        self._days = Counter("footprint_rebuild_days", "Days of rollups that were counted anew.", registry=registry)
        self._customers = Counter("footprint_rebuild_customers", "Customers' rows that were counted anew.", registry=registry)
        self._behind = Gauge(
            "footprint_rebuild_customers_behind_seconds", "Age of the oldest change that no customer's row has counted.", registry=registry
        )

    def ended(self, one: Pass) -> None:
        """Count a round that worked."""
        self._rounds.observe(one.seconds)
        self._last.set(one.ended_at)
        self._marks.set(one.waiting)
        self._taken.inc(one.done.marks - one.done.left)
        self._bases.inc(one.done.bases)
        self._days.inc(one.days)
        for report in one.done.reports.values():
            self._sessions.inc(report.sessions_written + report.sessions_removed)
            self._moved.inc(report.events_moved)

    def counted(self, rows: int, behind_s: float) -> None:
        """Count customers' rows, and show how far behind they are."""
        self._customers.inc(rows)
        self._behind.set(behind_s)

    def failed(self) -> None:
        """Count a round that did not work."""
        self._failures.inc()


class StoreMetrics:
    """What the store holds, as its server says."""

    def __init__(self, registry: CollectorRegistry) -> None:
        by_table, by_disk = ("table",), ("disk",)
        self._rows = Gauge("footprint_store_rows", "Rows of a table, copies and corrections included.", by_table, registry=registry)
        self._bytes = Gauge("footprint_store_table_bytes", "Bytes of a table on the disk.", by_table, registry=registry)
        self._parts = Gauge("footprint_store_parts", "Parts of a table that are not merged yet.", by_table, registry=registry)
        self._free = Gauge("footprint_store_disk_free_bytes", "Bytes that are free on a disk of the store.", by_disk, registry=registry)
        self._size = Gauge("footprint_store_disk_bytes", "Bytes of a disk of the store.", by_disk, registry=registry)
        self._erasures = Gauge("footprint_store_erasures_open", "Erasures that are not done.", registry=registry)
        self._erasure_age = Gauge(
            "footprint_store_erasure_age_seconds", "Age of the oldest erasure that is not done; 0 without one.", registry=registry
        )

    def show(self, figures: Figures, now_s: float) -> None:
        """Show what was read."""
        for table in figures.tables:
            self._rows.labels(table.name).set(table.rows)
            self._bytes.labels(table.name).set(table.size)
            self._parts.labels(table.name).set(table.parts)
        for disk in figures.disks:
            self._free.labels(disk.name).set(disk.free)
            self._size.labels(disk.name).set(disk.size)
        self._erasures.set(figures.erasures)
        self._erasure_age.set(max(0.0, now_s - figures.oldest_erasure_at) if figures.erasures else 0.0)
