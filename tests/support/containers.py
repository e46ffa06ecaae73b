"""Broker and store in containers."""

import os
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from footprint.local import kafka
from footprint.local.ports import LOOPBACK, free_port
from schemas.connections import KafkaConnection, StoreConnection
from tests.support.servers import in_own_loop
from tests.support.waiting import eventually

KAFKA_IMAGE = "apache/kafka:4.3.1"
CLICKHOUSE_IMAGE = "clickhouse/clickhouse-server:26.9"
PASSWORD = "footprint"


def engine_answers() -> bool:
    """True when a Docker engine answers."""
    place = os.environ.get("DOCKER_HOST", "")
    if not place and not _listens("/var/run/docker.sock"):  # the client would leak a socket on every refusal
        return False
    import docker
    from docker.errors import DockerException

    try:
        client = docker.from_env(timeout=3)
        client.ping()
    except DockerException:
        return False
    client.close()
    return True


def _listens(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(path) == 0


@contextmanager
def kafka_container() -> Iterator[KafkaConnection]:
    """A Kafka that advertises the port it is reached on."""
    from testcontainers.core.container import DockerContainer

    port = free_port()
    settings = {
        "KAFKA_NODE_ID": "1",
        "KAFKA_PROCESS_ROLES": "broker,controller",
        "KAFKA_LISTENERS": "PLAINTEXT://:9092,CONTROLLER://:9093",
        "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://{LOOPBACK}:{port}",
        "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
        "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
        "KAFKA_MESSAGE_MAX_BYTES": "9437184",
    }
    container = DockerContainer(KAFKA_IMAGE).with_bind_ports(9092, port)
    for name, value in settings.items():
        container = container.with_env(name, value)
    with container:
        bootstrap = f"{LOOPBACK}:{port}"
        eventually(lambda: in_own_loop(kafka.is_ready, bootstrap), 120)
        yield KafkaConnection(bootstrap)


@contextmanager
def clickhouse_container() -> Iterator[StoreConnection]:
    """A ClickHouse whose user may do everything."""
    from testcontainers.core.container import DockerContainer

    container = DockerContainer(CLICKHOUSE_IMAGE).with_exposed_ports(8123)
    container = container.with_env("CLICKHOUSE_USER", "pipeline").with_env("CLICKHOUSE_PASSWORD", PASSWORD)
    with container:
        url = f"http://{container.get_container_host_ip()}:{container.get_exposed_port(8123)}"
        eventually(lambda: _pings(url), 120)
        yield StoreConnection(url, "pipeline", PASSWORD, "default")


def _pings(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/ping", timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
