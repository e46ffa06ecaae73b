"""The configuration of the local Kafka: one durable node on loopback, small in memory, nothing created by accident."""

from footprint.local.ports import LOOPBACK

MAX_RECORD_BYTES = 9 * 1024 * 1024
"""Room for one state record of 8 MiB and its frame."""

YEAR_MINUTES = 365 * 24 * 60


LOG_DIR = "log"
"""Relative to the folder that Kafka runs in: a comma in the folder's own name would end it here."""


def properties(*, port: int, controller_port: int) -> dict[str, str | int]:
    """Return Kafka's settings; the controller's port may differ from start to start."""
    return {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.voters": f"1@{LOOPBACK}:{controller_port}",
        "listeners": f"PLAINTEXT://{LOOPBACK}:{port},CONTROLLER://{LOOPBACK}:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{port}",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "log.dirs": LOG_DIR,
        "auto.create.topics.enable": "false",
        "message.max.bytes": MAX_RECORD_BYTES,
        "replica.fetch.max.bytes": MAX_RECORD_BYTES,
        "offsets.topic.replication.factor": 1,
        "offsets.topic.num.partitions": 4,
        # A machine may rest for longer than the default week; the sink's plans live in the committed offsets.
        "offsets.retention.minutes": YEAR_MINUTES,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "transaction.state.log.num.partitions": 4,
        "group.initial.rebalance.delay.ms": 0,
        "group.min.session.timeout.ms": 1000,
        # After kill -9 the controller waits this long for the broker's former life; 9 s by default.
        "broker.session.timeout.ms": 3000,
        "broker.heartbeat.interval.ms": 500,
        "num.network.threads": 2,
        "num.io.threads": 4,
        "log.cleaner.dedupe.buffer.size": 16 * 1024 * 1024,
    }


def render(values: dict[str, str | int]) -> str:
    """Return the text of a Java properties file."""
    return "".join(f"{name}={_escaped(str(value))}\n" for name, value in values.items())


def _escaped(value: str) -> str:
    units = value.encode("utf-16-be")
    characters = (int.from_bytes(units[at : at + 2], "big") for at in range(0, len(units), 2))
    return "".join(chr(unit) if 32 <= unit < 127 and unit != ord("\\") else f"\\u{unit:04x}" for unit in characters)
