"""The test cluster: three brokers, two collectors, three streams workers, two sinks and a store, all on this machine."""

import asyncio
import time
from collections import Counter
from pathlib import Path
from urllib.parse import quote

from footprint.local.ports import LOOPBACK
from footprint.streaming import read_partitions
from schemas.connections import StoreConnection
from sinks.clickhouse.client import StoreClient
from tests.chaos.cluster_brokers import REPLICAS, Brokers
from tests.chaos.cluster_process import Process
from tests.chaos.sinks import Run
from tests.chaos.streams_mixed import configure
from tests.collector.broker import PARTITIONS
from tests.support.servers import LocalClickHouse

COLLECTORS, WORKERS, SINKS = 2, 3, 2
HOPS = 2
"""Visitors and subjects: each has all partitions."""
DATABASE = "tormented"
READY_S = 300.0
STEADY_S = 3.0


class Rig:
    """All processes over one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.brokers = Brokers(folder)
        self.store = LocalClickHouse(folder / "store")
        self.collectors: list[Process] = []
        self.workers: list[Process] = []
        self.sinks: list[Process] = []
        self._looking: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start everything, and look after it."""
        configure(self.folder)
        await asyncio.gather(asyncio.to_thread(self.brokers.start), asyncio.to_thread(self.store.start))
        await asyncio.to_thread(self.prepare, DATABASE)
        self.collectors = [self._process(f"collector-{number}") for number in range(1, COLLECTORS + 1)]
        self.workers = [self._process(f"streams-{number}") for number in range(1, WORKERS + 1)]
        self.sinks = [self._process(f"sink-{number}") for number in range(1, SINKS + 1)]
        self._looking = asyncio.create_task(self._look_after_for_ever())
        await self.until_well()

    def prepare(self, database: str) -> None:
        """Make a database with the schema, and the tables that show what came twice."""
        Run(self.brokers.connection, self.connection(database), "", rows=0).prepare()

    def connection(self, database: str) -> StoreConnection:
        """Return how to reach a database of the store."""
        return self.store.connection(database=database)

    def add_worker(self) -> Process:
        """Start one more streams worker."""
        self.workers.append(self._process(f"streams-{len(self.workers) + 1}"))
        return self.workers[-1]

    async def remove(self, process: Process) -> int:
        """Stop a process for good; returns its exit code."""
        process.away = True
        return await asyncio.to_thread(process.stop)

    @property
    def processes(self) -> list[Process]:
        """Everything that is ours; broker and store are not."""
        return [*self.collectors, *self.workers, *self.sinks]

    async def is_well(self, *, done: bool = False) -> bool:
        """True when every part that should be there is ready (`done`: and nothing waits anywhere)."""
        there = [one for one in self.processes if not one.away]
        said = await asyncio.gather(*[asyncio.to_thread(one.status) for one in there])
        if not all(status.get("ready") and (status.get("lag") == 0 or not done) for status in said):
            return False
        return await self._all_owned() and await asyncio.to_thread(self.brokers.in_sync)

    async def _all_owned(self) -> bool:
        """True when every partition has an owner: those of a worker that has gone have none until it is missed, and nobody tells their lag."""
        workers = [one for one in self.workers if not one.away]
        if not workers:
            return True  # at the end of a run
        said = await asyncio.gather(*[asyncio.to_thread(one.metrics) for one in workers])
        return len({place for text in said for place in read_partitions(text)}) == HOPS * PARTITIONS

    async def until_well(self, *, done: bool = False) -> float:
        """Wait until all is well and stays so for a while; return how long that took."""
        began, since = time.monotonic(), None
        while since is None or time.monotonic() - since < STEADY_S:
            well = await self.is_well(done=done)
            since = (since or time.monotonic()) if well else None
            if time.monotonic() - began > READY_S:
                raise TimeoutError(f"not well after {READY_S:.0f} s: {self.account()}")
            await asyncio.sleep(0.3)
        return time.monotonic() - began

    def account(self) -> str:
        """Return what every part says of itself, and the ends of the logs."""
        said = [f"{one.name}: {one.status()}\n{one.log.read_text()[-1500:]}" for one in self.processes]
        return "\n".join(said)

    def exits(self) -> Counter[str]:
        """Return how often parts ended, by part and exit code."""
        return Counter({f"{one.name} with {code}": count for one in self.processes for code, count in one.exits.items()})

    def end(self) -> None:
        """End everything."""
        if self._looking:
            self._looking.cancel()
        for one in self.processes:
            one.end()
        self.brokers.end()
        if self.store.process is not None:
            self.store.stop()

    def client(self, database: str = DATABASE) -> StoreClient:
        """Return a client of a database."""
        return StoreClient(self.connection(database))

    def _process(self, name: str) -> Process:
        to = self.connection(DATABASE)
        password, address = quote(to.password), to.url.removeprefix("http://")
        settings = {
            "KAFKA_BOOTSTRAP": self.brokers.connection.bootstrap,
            "CLICKHOUSE_URL": f"http://{to.user}:{password}@{address}/{DATABASE}",
            "PARTITIONS": str(PARTITIONS),
            "REPLICATION": str(REPLICAS),
            "SESSION_UPDATE_S": "5",
            "COLLECTOR_HOST": LOOPBACK,
            "DATA_DIR": str(self.folder / f"{name}-data"),
            "LOG_FORMAT": "text",
        }
        return Process(name, self.folder, settings)

    async def _look_after_for_ever(self) -> None:
        while True:
            for one in self.processes:
                one.look_after()
            await asyncio.sleep(0.2)
