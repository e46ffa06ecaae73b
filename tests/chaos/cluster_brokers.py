"""Three Kafka brokers on one machine, as a cluster has them: every topic thrice, written when two have it, any one of them may go."""

import subprocess
import uuid
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from footprint import topics
from footprint.local import kafka
from footprint.local.jars import ensured
from footprint.local.java import java
from footprint.local.kafka_properties import LOG_DIR, properties, render
from footprint.local.ports import LOOPBACK, free_port
from footprint.settings import Settings
from schemas.connections import KafkaConnection
from tests.collector.broker import PARTITIONS
from tests.support.servers import LocalKafka, in_own_loop
from tests.support.waiting import eventually

NODES = 3
REPLICAS = 3
READY_S = 180
HEAP = "-Xmx300m"
OF_ONE_NODE = ("broker.session.timeout.ms", "broker.heartbeat.interval.ms", "controller.quorum.voters")
"""Settings of the local Kafka that a cluster leaves as Kafka has them: a broker that is gone is noticed after nine seconds."""


def node_properties(number: int, *, ports: Sequence[int], controllers: Sequence[int]) -> dict[str, str | int]:
    """Return the settings of one node, numbered from 1, of as many as there are ports."""
    alone = properties(port=ports[number - 1], controller_port=controllers[number - 1])
    quorum = ",".join(f"{one}@{LOOPBACK}:{port}" for one, port in enumerate(controllers, 1))
    return {name: value for name, value in alone.items() if name not in OF_ONE_NODE} | {
        "node.id": number,
        "controller.quorum.voters": quorum,
        "default.replication.factor": REPLICAS,
        "min.insync.replicas": 2,
        "offsets.topic.replication.factor": REPLICAS,
        "transaction.state.log.replication.factor": REPLICAS,
        "transaction.state.log.min.isr": 2,
    }


class Node(LocalKafka):
    """One broker, which is a controller as well; it can be killed and started again on its port."""

    def __init__(self, folder: Path, number: int, *, ports: Sequence[int], controllers: Sequence[int], cluster: str) -> None:
        super().__init__(folder)
        self.number, self.port = number, ports[number - 1]
        self.connection = KafkaConnection(f"{LOOPBACK}:{self.port}")
        self._settings = node_properties(number, ports=ports, controllers=controllers)
        self._cluster = cluster

    def start(self) -> None:
        """Start the node and return when it is ready, which also the others must be."""
        self.launch()
        eventually(self.is_ready, READY_S)

    def command(self) -> list[str]:
        """Write the configuration, format the storage on first use, and return what to run."""
        folder = self.folder / "kafka"
        folder.mkdir(parents=True, exist_ok=True)
        configuration = folder / "server.properties"
        configuration.write_text(render(self._settings | {"log.dirs": str(folder / LOG_DIR)}), "ascii")
        run = [java(), *kafka.JVM, HEAP, f"-Dlog4j2.configurationFile={kafka.LOGGING}", "-cp", ":".join(map(str, ensured()))]
        if not (folder / LOG_DIR / "meta.properties").is_file():
            tool = ["kafka.tools.StorageTool", "format", "-t", self._cluster, "-c", str(configuration)]
            subprocess.run([*run, *tool], check=True, capture_output=True)
        return [*run, "kafka.Kafka", str(configuration)]


class Brokers:
    """The cluster. `connection` names all of its nodes."""

    def __init__(self, folder: Path) -> None:
        ports, controllers = ([free_port() for _ in range(NODES)] for _ in range(2))
        cluster = kafka.cluster_id(uuid.uuid4())
        self.nodes = [
            Node(folder / f"broker-{number}", number, ports=ports, controllers=controllers, cluster=cluster)
            for number in range(1, NODES + 1)
        ]
        self.connection = KafkaConnection(",".join(node.connection.bootstrap for node in self.nodes))

    def start(self) -> None:
        """Start all nodes, which need one another to be ready, and make the topics."""
        for node in self.nodes:
            node.launch()
        for node in self.nodes:
            eventually(node.is_ready, READY_S)
        eventually(lambda: in_own_loop(_nodes_known, self.connection.bootstrap) == NODES, READY_S)
        in_own_loop(topics.create, self.connection, Settings(partitions=PARTITIONS, replication=REPLICAS))

    def in_sync(self) -> bool:
        """True when every replica of every topic is in sync: another node may go."""
        return in_own_loop(_replicas_missing, self.connection.bootstrap) == 0

    def end(self) -> None:
        """End all nodes."""
        for node in self.nodes:
            if node.process is not None and node.process.poll() is None:
                node.kill()


async def _nodes_known(bootstrap: str) -> int:
    return len((await _asked(bootstrap, "describe_cluster") or {"brokers": ()})["brokers"])


async def _replicas_missing(bootstrap: str) -> int:
    described = await _asked(bootstrap, "describe_topics")
    return sum(_missing(described)) if described else -1


def _missing(described: Sequence[dict]) -> Iterator[int]:
    for topic in described:
        for partition in topic["partitions"]:
            yield len(partition["replicas"]) - len(partition["isr"])


async def _asked(bootstrap: str, question: str):
    """Return the answer of a broker, None while none has one."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=5_000)
    with suppress(KafkaError, OSError):
        try:
            await admin.start()
            return await getattr(admin, question)()
        finally:
            await admin.close()
    return None
