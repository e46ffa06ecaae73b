"""The process of profiles: one worker of the group that keeps what is known of each subject, and who is in which segment."""

import socket

from footprint.parts.connections import resolve_kafka
from footprint.parts.worker import now_ms, run_worker
from footprint.settings import Settings
from footprint.tracing import tracer_of
from streams.app import PROFILES_APPLICATION, create_profiles_engine
from streams.faust_exact.hop import Delivery


def run(settings: Settings, *, health_port: int, worker: int = 1) -> None:
    """Keep profiles until SIGTERM or SIGINT.

    Waits for a broker that is away. Raises Misconfigured when a topic is missing or does not fit.
    """
    name = f"{socket.gethostname()}-profiles-{worker}"
    delivery = Delivery(PROFILES_APPLICATION, resolve_kafka(settings), settings.partitions, instance=name)
    tracer = tracer_of(settings, "profiles")
    run_worker(
        settings,
        "profiles",
        lambda metrics: create_profiles_engine(delivery, clock=now_ms, observer=metrics, tracer=tracer),
        health_port=health_port,
    )
