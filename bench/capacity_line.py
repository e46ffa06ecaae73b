"""The whole line (`footprint up`) as the capacity and soak runs use it: loaded, weighed, and the state of its streams and profiles grown."""

import json
import time
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bench.load import Answers, closed_loop, open_loop
from bench.streams import copies
from bench.streams.rig import Records, _fill
from bench.watching import Sample, Watched, watched
from footprint.demo.line import Line
from footprint.local.kafka_properties import LOG_DIR
from footprint.parts.connections import resolve_store
from footprint.parts.run_file import Run, read_run
from footprint.settings import read_settings
from footprint.streaming import BYTES, KEYS, partitions_of
from schemas.connections import StoreConnection
from sinks.clickhouse.client import StoreClient

FLOW = ("collector", "streams", "profiles", "sink")
PATIENCE_S = 300.0
POLL_S = 0.1
STORED = "SELECT uniqExact(event_id) FROM events_raw"


@dataclass(slots=True)
class Loaded:
    """A running line and what is asked of it. `events`: how many were acknowledged so far."""

    line: Line
    events: int = 0

    @property
    def run(self) -> Run:
        """Return where its parts are now."""
        return read_run(self.line.data_dir)

    @property
    def port(self) -> int:
        """Return the collector's port."""
        return int(self.run.collector.rpartition(":")[2])

    def store(self) -> StoreConnection:
        """Return how to reach its store."""
        return resolve_store(read_settings({}, data_dir=self.line.data_dir), user="pipeline")

    def watched(self) -> Watched:
        """Return its processes of now."""
        return watched(self.line)

    def at_rate(self, requests: list[bytes], rate: float) -> Answers:
        """Send the requests at a rate, and count what was taken."""
        return self._counted(open_loop(self.port, requests, rate=rate, connections=32))

    def at_once(self, requests: list[bytes]) -> Answers:
        """Send the requests as fast as they are answered, and count what was taken."""
        return self._counted(closed_loop(self.port, requests))

    def _counted(self, answers: Answers) -> Answers:
        self.events += answers.statuses[200]
        return answers

    def lags(self) -> dict[str, int]:
        """Return how many records each part of the flow has not done; -1 where one does not say."""
        return {name: _lag(url) for name, url in self.run.health.items() if name.partition("-")[0] in FLOW}

    def stored(self) -> int:
        """Return how many different events are stored."""
        return int(self._ask(STORED))

    def drained(self) -> float:
        """Wait until every part of the flow has done everything; return the moment on the monotonic clock."""
        deadline = time.monotonic() + PATIENCE_S
        while any(self.lags().values()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"not everything was stored after {PATIENCE_S:.0f} s: {self.lags()}")
            time.sleep(POLL_S)
        return time.monotonic()

    def merged(self) -> None:
        """Wait until nothing is being merged."""
        deadline = time.monotonic() + PATIENCE_S
        while int(self._ask("SELECT count() FROM system.merges")) and time.monotonic() < deadline:
            time.sleep(POLL_S)

    def _ask(self, sql: str) -> int:
        client = StoreClient(self.store())
        try:
            return int(client.rows(sql)[0][0])
        finally:
            client.close()

    def state(self, part: str = "streams") -> dict[str, tuple[float, float]]:
        """Return keys and bytes that the streams, or the profiles, hold, by hop."""
        found: dict[str, tuple[float, float]] = {}
        for (hop, _), gauges in partitions_of(self.run.health, part).items():
            keys, size = found.get(hop, (0.0, 0.0))
            found[hop] = keys + gauges[KEYS], size + gauges[BYTES]
        return found

    def restarted(self, part: str) -> tuple[float, Sample]:
        """Stop the process of a part, which is started again; return the seconds of its new life until ready, and the sample of then."""
        old = self.run.pids[part]
        process = self.watched()
        process.terminate(part)
        deadline = time.monotonic() + PATIENCE_S
        while self.run.pids[part] == old or _lag(self.run.health[part]) != 0:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{part} did not come back")
            time.sleep(POLL_S)
        now = self.watched()
        return now.age(part), now.sample()

    def grow(self, topic: str, keys: int) -> None:
        """Copy the keys of a state topic under other names until there are as many."""
        copies.grow(self, topic, keys)  # type: ignore[arg-type]  # it has what is used of a rig

    @property
    def bootstrap(self) -> str:
        """Return where Kafka is."""
        return self.run.kafka

    def fill(self, topic: str, records: Records) -> None:
        """Write records to a topic, in order."""
        import asyncio  # noqa: PLC0415  # a rig's method, used once

        asyncio.run(_fill(self.bootstrap, topic, records))

    def on_disk(self) -> Mapping[str, int]:
        """Return the bytes of records on the broker's disk, by topic."""
        found: dict[str, int] = {}
        for log in (self.line.data_dir / "kafka" / LOG_DIR).glob("footprint.*/*.log"):
            topic = log.parent.name.rpartition("-")[0]
            found[topic] = found.get(topic, 0) + Path(log).stat().st_size
        return found


def _lag(url: str) -> int:
    with suppress(OSError, ValueError), urllib.request.urlopen(url, timeout=5) as answer:
        return int(json.load(answer).get("lag") or 0)
    return -1
